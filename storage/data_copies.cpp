// Copies data directories; what is on the way has no FORMAT, so that nothing opens it.
#include "storage/data_copies.hpp"

#include <rocksdb/env.h>

#include <memory>
#include <vector>

#include "base/random.hpp"
#include "storage/format_file.hpp"
#include "storage/node_store.hpp"
#include "storage/origin_file.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

store_options quiet_options(const std::string& dir, rocksdb::Env* env) {
  store_options options;
  options.data_dir = dir;
  options.replay = false;
  options.raise_format = false;
  options.keeper_thread = false;
  options.env = env;
  return options;
}

rocksdb::Status copy_file(rocksdb::Env& env, const std::string& from, const std::string& to) {
  std::unique_ptr<rocksdb::SequentialFile> in;
  std::unique_ptr<rocksdb::WritableFile> out;
  rocksdb::Status status = env.NewSequentialFile(from, &in, {});
  if (status.ok()) status = env.NewWritableFile(to, &out, {});
  std::string buffer(mebibyte, '\0');
  while (status.ok()) {
    rocksdb::Slice read;
    status = in->Read(buffer.size(), &read, buffer.data());
    if (!status.ok() || read.empty()) break;
    status = out->Append(read);
  }
  if (status.ok()) status = out->Sync();
  if (status.ok()) status = out->Close();
  return status;
}

/// All of a database but RocksDB's own lock and diary.
rocksdb::Status copy_database(rocksdb::Env& env, const std::string& from, const std::string& to) {
  std::vector<std::string> names;
  rocksdb::Status status = env.CreateDirIfMissing(to);
  if (status.ok()) status = env.GetChildren(from, &names);
  for (const std::string& name : names) {
    if (!status.ok()) return status;
    if (name == "." || name == ".." || name == "LOCK" || name.starts_with("LOG")) continue;
    status = copy_file(env, from + "/" + name, to + "/" + name);
  }
  std::unique_ptr<rocksdb::Directory> directory;
  if (status.ok()) status = env.NewDirectory(to, &directory);
  return status.ok() ? directory->Fsync() : status;
}

/// Holds the lock of a data directory, where there is one that can be held: a backup may lie on a
/// medium that cannot be written.
class source_lock {
public:
  source_lock(rocksdb::Env& env, const std::string& dir) : env_(env) {
    if (!env.FileExists(lock_path(dir)).ok()) return;
    const rocksdb::Status status = env.LockFile(lock_path(dir), &lock_);
    const std::string text = status.ToString();
    in_use_ = !status.ok() && text.find("ermission denied") == std::string::npos &&
              text.find("Read-only") == std::string::npos;
  }
  ~source_lock() {
    if (lock_ != nullptr) env_.UnlockFile(lock_).PermitUncheckedError();
  }
  source_lock(const source_lock&) = delete;
  source_lock& operator=(const source_lock&) = delete;
  bool in_use() const { return in_use_; }

private:
  rocksdb::Env& env_;
  rocksdb::FileLock* lock_ = nullptr;
  bool in_use_ = false;
};

result<void> check_target(rocksdb::Env& env, const std::string& to) {
  auto state = inspect_directory(env, to);
  if (!state) return state.error();
  if (*state == directory_state::fresh) return {};
  return error_info{errc::name_taken, to + " is a data directory already"};
}

/// Opens the copy once: whoever restores a damaged backup should know at once.
result<void> check_copy(rocksdb::Env& env, const std::string& dir) {
  auto opened = node_store::open(quiet_options(dir, &env));
  if (opened) return {};
  env.DeleteFile(format_path(dir)).PermitUncheckedError();
  return opened.error();
}

}  // namespace

result<copied_directory> backup_directory(const std::string& from, const std::string& to,
                                          rocksdb::Env* given) {
  rocksdb::Env& env = given != nullptr ? *given : *rocksdb::Env::Default();
  if (!env.FileExists(format_path(from)).ok()) {
    return error_info{errc::validation, from + " is not a TaskDriver data directory"};
  }
  auto opened = node_store::open(quiet_options(from, &env));
  if (!opened) return opened.error();
  if (auto made = (*opened)->checkpoint(to); !made) return made.error();
  auto format = read_format(env, to);
  if (!format) return format.error();
  return copied_directory{format->store_id, format->shard_count, is_from_cluster(env, to)};
}

result<copied_directory> restore_directory(const std::string& backup, const std::string& to,
                                           rocksdb::Env* given) {
  rocksdb::Env& env = given != nullptr ? *given : *rocksdb::Env::Default();
  if (!env.FileExists(format_path(backup)).ok()) {
    return error_info{errc::validation, backup + " is not a TaskDriver data directory"};
  }
  auto format = read_format(env, backup);
  if (!format) return format.error();
  const source_lock lock(env, backup);
  if (lock.in_use()) return error_info{errc::in_use, backup + " is in use by another process"};
  if (auto target = check_target(env, to); !target) return target.error();
  const auto status = copy_database(env, database_path(backup), database_path(to));
  if (!status.ok()) return to_error(status, "restoring " + backup);
  if (auto noted = copy_origin(env, backup, to); !noted) return noted.error();
  format->store_id = random_u64();
  if (auto written = write_format(env, to, *format); !written) return written.error();
  if (auto checked = check_copy(env, to); !checked) return checked.error();
  return copied_directory{format->store_id, format->shard_count, is_from_cluster(env, to)};
}

}  // namespace taskdriver::storage
