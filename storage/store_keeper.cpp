// What the keeper does each second.
#include "storage/store_keeper.hpp"

#include <chrono>

#include "base/log.hpp"
#include "base/thread_name.hpp"
#include "storage/engine.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

constexpr std::chrono::seconds period{1};
constexpr int resumes_max = 5;

}  // namespace

void watch_space(engine& store) {
  std::uint64_t free_bytes = 0;
  const std::uint64_t wanted = store.options.limits.free_bytes_min;
  const auto status = store.env.GetFreeSpace(store.options.data_dir, &free_bytes);
  // A file system that cannot tell is not held against it: ENOSPC will.
  if (!status.ok()) return;
  store.health.set_low(free_bytes >= wanted
                           ? std::string()
                           : "only " + std::to_string(free_bytes / mebibyte) + " MiB free in " +
                                 store.options.data_dir + ", at least " +
                                 std::to_string(wanted / mebibyte) + " MiB are needed");
}

store_keeper::store_keeper(engine& store) : store_(store) {
  tick(false);
  if (!store_.options.keeper_thread) return;
  store_.wake_keeper = [this] { wake(); };
  thread_ = std::thread([this] { run(); });
}

store_keeper::~store_keeper() {
  {
    std::lock_guard lock(stop_mutex_);
    stop_ = true;
  }
  stop_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void store_keeper::run() {
  name_this_thread("keeper");
  std::unique_lock lock(stop_mutex_);
  for (;;) {
    stop_changed_.wait_for(lock, period, [this] { return stop_ || woken_; });
    if (stop_) return;
    woken_ = false;
    lock.unlock();
    tick(false);
    lock.lock();
  }
}

void store_keeper::wake() {
  {
    std::lock_guard lock(stop_mutex_);
    woken_ = true;
  }
  stop_changed_.notify_all();
}

void store_keeper::tick(bool cut_now) {
  std::lock_guard lock(tick_mutex_);
  if (store_.health.failed()) return;
  watch_space(store_);
  // Not before there is the reserve: RocksDB 7.8 leaks a memtable with every attempt that fails.
  if (store_.health.full() && !store_.health.low()) try_resume();
  if (!store_.health.writable() || !(cut_now || cut_due())) return;
  const auto cut = flush_and_cut(store_);
  if (cut) return;
  if (cut.error().code == errc::unavailable) {
    store_.health.set_full(cut.error().text);
  } else {
    store_.health.fail(cut.error());
  }
}

void store_keeper::try_resume() {
  const rocksdb::Status status = resume_database(store_);
  switch (status.IsBusy() ? disk_trouble::full : trouble_of(status)) {
    case disk_trouble::none:
      failed_resumes_ = 0;
      return store_.health.clear_full();
    case disk_trouble::full:
      // There is room, and RocksDB does not see it: a restart does, and loses nothing.
      if (++failed_resumes_ < resumes_max) return;
      return store_.health.fail({errc::internal,
                                 "there is room on the disk again, but RocksDB "
                                 "cannot resume: " +
                                     status.ToString()});
    case disk_trouble::fatal:
      return store_.health.fail(to_error(status, "resuming"));
  }
}

bool store_keeper::cut_due() const {
  return store_.log_bytes_uncut >= store_.options.limits.log_cut_bytes;
}

}  // namespace taskdriver::storage
