// Written under a name that no backup can have, then renamed.
#include "tools/taskdriverd/backup_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.hpp"
#include "base/thread_name.hpp"

namespace taskdriver::server {
namespace {

namespace fs = std::filesystem;

error_info failed(const char* what, const fs::path& path, const std::error_code& why) {
  const auto code = why == std::errc::no_space_on_device ? errc::unavailable : errc::internal;
  return {code, std::string("cannot ") + what + " " + path.string() + ": " + why.message()};
}

std::error_code sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return {errno, std::generic_category()};
  const int outcome = ::fsync(fd);
  const std::error_code why(outcome == 0 ? 0 : errno, std::generic_category());
  ::close(fd);
  return why;
}

}  // namespace

backup_writer::backup_writer(storage::node_store& store, const fs::path& data_dir)
    : store_(store), folder_(data_dir / "backups") {}

backup_writer::~backup_writer() {
  stop();
}

void backup_writer::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  auto last = std::move(thread_);
  lock.unlock();
  if (last.joinable()) last.join();
}

/// With the mutex held.
result<void> backup_writer::admit() {
  if (stopping_) return error_info{errc::unavailable, "The server is stopping", {}, 1};
  if (under_way_) return error_info{errc::in_use, "Another backup is being made"};
  under_way_ = true;
  if (thread_.joinable()) thread_.join();  // only its answer is left to it, if that
  return {};
}

void backup_writer::make(const std::string& name, done d) {
  std::unique_lock lock(mutex_);
  const auto admitted = admit();
  if (admitted) thread_ = std::thread([this, name, d] { run(name, d); });
  lock.unlock();
  if (!admitted) d(admitted.error());
}

void backup_writer::run(const std::string& name, const done& d) {
  name_this_thread("backup");
  auto made = write(name);
  if (made)
    log_event(log_level::info, "backup made", {{"directory", *made}});
  else
    log_event(log_level::error, "backup failed", {{"name", name}, {"reason", made.error().text}});
  {
    const std::lock_guard lock(mutex_);
    under_way_ = false;
  }
  d(std::move(made));
}

result<std::string> backup_writer::write(const std::string& name) {
  const auto target = folder_ / name, unfinished = folder_ / (".making-" + name);
  std::error_code why;
  if (fs::create_directories(folder_, why); why) return failed("make", folder_, why);
  fs::permissions(folder_, fs::perms::owner_all, why);
  if (fs::exists(target, why))
    return error_info{errc::name_taken, "There is a backup " + name + " already"};
  // Left behind by a crash or by a failure.
  if (fs::remove_all(unfinished, why); why) return failed("remove", unfinished, why);
  if (auto copied = store_.checkpoint(unfinished.string()); !copied) {
    std::error_code ignored;
    fs::remove_all(unfinished, ignored);
    return copied.error();
  }
  if (fs::rename(unfinished, target, why); why) return failed("rename", unfinished, why);
  if (why = sync_folder(folder_); why) return failed("sync", folder_, why);
  return target.string();
}

}  // namespace taskdriver::server
