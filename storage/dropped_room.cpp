// Manual compactions of a shard's two ranges, and the thread that waits for them.
#include "storage/dropped_room.hpp"

#include "base/log.hpp"
#include "base/thread_name.hpp"
#include "storage/engine.hpp"
#include "storage/key_codec.hpp"
#include "storage/log_codec.hpp"
#include "storage/node_store.hpp"

namespace taskdriver::storage {
namespace {

/// A table with nothing but the deletion of a range is smaller.
constexpr std::uint64_t room_worth_bytes = std::uint64_t{16} << 10;

rocksdb::Status compact(engine& store, rocksdb::ColumnFamilyHandle* family,
                        const std::string& begin, const std::string& end,
                        std::atomic<bool>& give_up) {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.canceled = &give_up;
  const rocksdb::Slice first = begin;
  const rocksdb::Slice last = end;
  return store.db().CompactRange(options, family, &first, &last);
}

std::uint64_t bytes_of(engine& store, rocksdb::ColumnFamilyHandle* family, const std::string& begin,
                       const std::string& end) {
  const rocksdb::Range range(begin, end);
  std::uint64_t bytes = 0;
  const auto status = store.db().GetApproximateSizes(rocksdb::SizeApproximationOptions(), family,
                                                     &range, 1, &bytes);
  return status.ok() ? bytes : 0;
}

}  // namespace

std::vector<shard_id> dropped_with_room(node_store& store) {
  engine& internals = store.internals();
  std::vector<shard_id> found;
  for (std::uint16_t n = 0; n < internals.format.shard_count; ++n) {
    const shard_id shard{n};
    if (internals.progress(shard).last != 0) continue;
    const auto bytes =
        bytes_of(internals, internals.state, shard_range_begin(shard), shard_range_end(shard)) +
        bytes_of(internals, internals.log, entry_key(shard, 1), shard_end(shard));
    if (bytes >= room_worth_bytes) found.push_back(shard);
  }
  return found;
}

void free_room(node_store& store, shard_id shard, std::atomic<bool>& give_up) {
  engine& internals = store.internals();
  if (!internals.health.writable()) return;
  rocksdb::Status status = compact(internals, internals.state, shard_range_begin(shard),
                                   shard_range_end(shard), give_up);
  if (status.ok()) {
    status = compact(internals, internals.log, entry_key(shard, 1), shard_end(shard), give_up);
  }
  // A disk that is at its end shows with the next write.
  if (!status.ok() && !give_up)
    log_event(log_level::warn, "room of a dropped shard not freed yet",
              {{"shard", raw(shard)}, {"reason", status.ToString()}});
}

dropped_room::dropped_room(node_store& store) : store_(store) {
  for (const shard_id shard : dropped_with_room(store)) waiting_.push_back(shard);
  thread_ = std::thread([this] { run(); });
}

dropped_room::~dropped_room() {
  stop();
  thread_.join();
}

void dropped_room::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
}

void dropped_room::free(shard_id shard) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(shard);
  }
  wake_.notify_one();
}

void dropped_room::run() {
  name_this_thread("dropped-room");
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (stop_) return;
    const auto shard = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    free_room(store_, shard, stop_);
    lock.lock();
  }
}

}  // namespace taskdriver::storage
