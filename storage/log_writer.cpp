// Group commit: gathering, writing and settling batches of log entries.
#include "storage/log_writer.hpp"

#include <rocksdb/write_batch.h>

#include <chrono>
#include <iterator>

#include "base/thread_name.hpp"
#include "storage/engine.hpp"
#include "storage/log_codec.hpp"
#include "storage/node_store.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

/// What an entry costs in memory beside its payload.
constexpr std::size_t entry_overhead_bytes = 64;
/// So much may be written, for so long, without a look at the free space.
constexpr std::size_t unseen_bytes_max = mebibyte;
constexpr std::chrono::milliseconds unseen_time_max{10};
/// A batch or queue that grew beyond this gives its memory back.
constexpr std::size_t kept_capacity = 4096;

void must(const rocksdb::Status& status) {
  TASKDRIVER_CHECK(status.ok(), "a write batch takes what the log writer puts in");
}

}  // namespace

void log_writer::queue::clear() {
  entries.clear();
  marks.clear();
  bytes = crowding_bytes = 0;
  if (entries.capacity() > kept_capacity) std::vector<log_entry>().swap(entries);
}

log_writer::log_writer(node_store& store, log_observer& observer, fsync_hook on_fsync)
    : store_(store.internals()), observer_(observer), on_fsync_(std::move(on_fsync)) {
  for (const shard_progress& shard : store_.shards) next_index_.push_back(shard.last + 1);
  broken_.resize(next_index_.size());
  store_.health.allow_waiting(true);
  thread_ = std::thread([this] { run(); });
}

log_writer::~log_writer() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  store_.health.allow_waiting(false);
  thread_.join();
}

result<void> log_writer::append(log_entry entry) {
  const log_mark none{entry.shard};
  std::lock_guard lock(mutex_);
  const std::span<log_entry> entries(&entry, 1);
  if (auto fine = check_order(none, entries); !fine) return fine;
  enqueue(none, entries);
  return {};
}

result<void> log_writer::append(const log_mark& mark, std::vector<log_entry> entries) {
  std::lock_guard lock(mutex_);
  if (auto fine = check_order(mark, entries); !fine) {
    if (mark.ticket != 0) broken_[raw(mark.shard)] = true;
    return fine;
  }
  enqueue(mark, entries);
  return {};
}

void log_writer::rejoin(shard_id shard) {
  std::lock_guard lock(mutex_);
  next_index_[raw(shard)] = store_.progress(shard).last + 1;
  broken_[raw(shard)] = false;
}

result<void> log_writer::check_room(const log_mark& mark,
                                    std::span<const log_entry> entries) const {
  if (mark.ticket != 0) {
    if (!broken_[raw(mark.shard)]) return {};
    return error_info{errc::unavailable, "an earlier write of this replica was refused"};
  }
  for (const log_entry& entry : entries)
    if (entry.payload.size() > store_.options.limits.entry_bytes_max)
      return error_info{errc::unavailable, "the change is too large for one log entry"};
  if (holds_more_than(store_.options.limits.queue_bytes_max)) {
    return error_info{errc::unavailable, "too many writes are waiting for the disk", {}, 1};
  }
  return {};
}

result<void> log_writer::check_order(const log_mark& mark,
                                     std::span<const log_entry> entries) const {
  TASKDRIVER_CHECK(store_.knows(mark.shard), "the shard must exist");
  if (auto writable = store_.health.check_writable(); !writable) return writable;
  if (auto room = check_room(mark, entries); !room) return room;
  TASKDRIVER_CHECK(
      mark.truncate_from == 0 || mark.truncate_from > store_.progress(mark.shard).applied,
      "what was applied is never truncated");
  std::uint64_t next = next_index_[raw(mark.shard)];
  if (mark.truncate_from > next) return error_info{errc::unavailable, "nothing there to truncate"};
  if (mark.truncate_from != 0) next = mark.truncate_from;
  for (const log_entry& entry : entries) {
    TASKDRIVER_CHECK(entry.shard == mark.shard, "one append is for one shard");
    if (entry.index != next++) {
      return error_info{errc::unavailable,
                        "the entry does not follow the log: those before it were refused"};
    }
  }
  return {};
}

void log_writer::enqueue(const log_mark& mark, std::span<log_entry> entries) {
  std::size_t bytes = 0;
  std::size_t crowding = 0;
  if (mark.truncate_from != 0) next_index_[raw(mark.shard)] = mark.truncate_from;
  next_index_[raw(mark.shard)] += entries.size();
  if (mark.truncate_from != 0 || mark.seen_epoch != 0 || mark.ticket != 0) {
    waiting_.marks.push_back({waiting_.entries.size(), mark});
    bytes = crowding = entry_overhead_bytes;
  }
  for (log_entry& entry : entries) {
    const std::size_t size = entry.payload.size() + entry_overhead_bytes;
    bytes += size;
    crowding += crowding_bytes(size);
    waiting_.entries.push_back(std::move(entry));
  }
  waiting_.bytes += bytes;
  waiting_.crowding_bytes += crowding;
  queued_bytes_ += bytes;
  crowding_bytes_ += crowding;
  wake_.notify_one();
}

void log_writer::run() {
  name_this_thread("log-writer");
  while (take()) {
    switch (write_taken()) {
      case fate::durable:
        settle_durable();
        break;
      case fate::refused:
        break;
      case fate::stopped:
        return;
    }
  }
}

bool log_writer::take() {
  // Whoever is about to append, with all cores busy, still joins this batch. (64 agents on 2 cores:
  // a few percent less CPU a cycle; with cores free it costs nothing.)
  std::this_thread::yield();
  std::unique_lock lock(mutex_);
  queued_bytes_ -= taken_.bytes;
  crowding_bytes_ -= taken_.crowding_bytes;
  taken_.clear();
  wake_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
  std::swap(taken_, waiting_);
  return !taken_.empty();
}

log_writer::fate log_writer::write_taken() {
  // Entries may have been queued between a refusal and the end of the trouble; none before it is
  // over.
  if (store_.health.failed()) return fate::stopped;
  look_at_space();
  if (auto writable = store_.health.check_writable(); !writable) {
    refuse_all(writable.error());
    return fate::refused;
  }
  rocksdb::WriteBatch batch(taken_.bytes + taken_.bytes / 4);
  fill(batch);
  const auto started = std::chrono::steady_clock::now();
  const rocksdb::Status status = write_log(store_, batch);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  const error_info why = status.ok() ? error_info{} : to_error(status, "writing the log");
  switch (trouble_of(status)) {
    case disk_trouble::none:
      break;
    case disk_trouble::full:
      store_.health.set_full(why.text);
      clear_tails_ = true;
      refuse_all({errc::outcome_unknown, why.text});
      return fate::refused;
    case disk_trouble::fatal:
      return store_.health.fail(why), fate::stopped;
  }
  clear_tails_ = false;
  ++fsyncs_;
  entries_ += taken_.entries.size();
  bytes_ += taken_.bytes;
  count_uncut(taken_.bytes);
  if (on_fsync_) on_fsync_(took.count(), taken_.entries.size(), taken_.bytes);
  return fate::durable;
}

/// A burst can use up the reserve between two looks of the keeper; RocksDB itself must not meet a
/// full disk if that can be helped. Not for every batch: of a busy server's CPU that is 1 %.
void log_writer::look_at_space() {
  const auto now = std::chrono::steady_clock::now();
  unseen_bytes_ += taken_.bytes;
  if (unseen_bytes_ < unseen_bytes_max && now - space_seen_ < unseen_time_max &&
      store_.health.writable())
    return;
  unseen_bytes_ = 0;
  space_seen_ = now;
  watch_space(store_);
}

void log_writer::count_uncut(std::uint64_t bytes) {
  const std::uint64_t before = store_.log_bytes_uncut.fetch_add(bytes);
  const std::uint64_t due = store_.options.limits.log_cut_bytes;
  if (before < due && before + bytes >= due && store_.wake_keeper) store_.wake_keeper();
}

void log_writer::fill(rocksdb::WriteBatch& batch) {
  if (clear_tails_) {
    for (std::uint16_t n = 0; n < store_.shards.size(); ++n) {
      const shard_id shard{n};
      must(batch.DeleteRange(store_.log, entry_key(shard, store_.shards[n].last + 1),
                             shard_end(shard)));
    }
  }
  std::string value;
  auto mark = taken_.marks.begin();
  const auto put_marks = [&](std::size_t before_entry) {
    for (; mark != taken_.marks.end() && mark->before_entry <= before_entry; ++mark) {
      const auto& [shard, seen_epoch, truncate_from, ticket] = mark->mark;
      if (truncate_from != 0) {
        must(batch.DeleteRange(store_.log, entry_key(shard, truncate_from), shard_end(shard)));
      }
      if (seen_epoch != 0) must(batch.Put(store_.log, seen_key(shard), encode_number(seen_epoch)));
    }
  };
  for (std::size_t i = 0; i < taken_.entries.size(); ++i) {
    put_marks(i);
    const log_entry& entry = taken_.entries[i];
    value.clear();
    encode_entry(value, entry.epoch, entry.payload);
    must(batch.Put(store_.log, entry_key(entry.shard, entry.index), value));
  }
  put_marks(taken_.entries.size());
}

void log_writer::settle_durable() {
  taken_marks_.clear();
  std::size_t settled = 0;
  const auto settle_entries = [&](std::size_t end) {
    for (; settled < end; ++settled) {
      const log_entry& entry = taken_.entries[settled];
      store_.progress(entry.shard).last = entry.index;
    }
  };
  for (const queued_mark& queued : taken_.marks) {
    settle_entries(queued.before_entry);
    taken_marks_.push_back(queued.mark);
    if (queued.mark.truncate_from != 0) {
      store_.progress(queued.mark.shard).last = queued.mark.truncate_from - 1;
    }
  }
  settle_entries(taken_.entries.size());
  if (!taken_marks_.empty()) observer_.marked(taken_marks_);
  if (!taken_.entries.empty()) observer_.durable(taken_.entries);
}

void log_writer::refuse_all(const error_info& why) {
  queue waited;
  {
    std::lock_guard lock(mutex_);
    std::swap(waited, waiting_);
    queued_bytes_ -= waited.bytes;
    crowding_bytes_ -= waited.crowding_bytes;
    for (std::size_t n = 0; n < next_index_.size(); ++n) next_index_[n] = store_.shards[n].last + 1;
    taken_marks_.clear();
    for (const auto* marks : {&taken_.marks, &waited.marks}) {
      for (const queued_mark& queued : *marks) {
        taken_marks_.push_back(queued.mark);
        if (queued.mark.ticket != 0) broken_[raw(queued.mark.shard)] = true;
      }
    }
  }
  if (!taken_marks_.empty()) observer_.refused_marks(taken_marks_, why);
  // In one call: between two, another stream could propose what the second one then refuses.
  auto& refused = taken_.entries;
  refused.insert(refused.end(), std::make_move_iterator(waited.entries.begin()),
                 std::make_move_iterator(waited.entries.end()));
  if (!refused.empty()) observer_.refused(refused, why);
}

bool log_writer::crowded() const {
  return holds_more_than(store_.options.limits.queue_bytes_max / 2);
}

bool log_writer::holds_more_than(std::size_t crowding) const {
  return crowding_bytes_ > crowding || queued_bytes_ > raw_bytes_max(crowding);
}

log_writer_stats log_writer::stats() const {
  log_writer_stats stats;
  stats.fsyncs = fsyncs_;
  stats.entries = entries_;
  stats.bytes = bytes_;
  std::lock_guard lock(mutex_);
  stats.queued_bytes = queued_bytes_;
  return stats;
}

}  // namespace taskdriver::storage
