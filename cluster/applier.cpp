// Jobs in order; entries that follow each other go into one write batch.
#include "cluster/applier.hpp"

#include <map>
#include <utility>

#include "base/thread_name.hpp"

namespace taskdriver::cluster {
namespace {

/// RocksDB lets the log wait for a batch, so it must be short; but the more is in it, the more of
/// it is in vain. With 1024 entries one request in a hundred waited a quarter longer; with 256 a
/// cycle cost some percent more (decision 0015).
constexpr std::size_t batch_entries_max = 384;
constexpr std::size_t batch_bytes_max = std::size_t{256} << 10;
/// Bulk creations are committed faster than they are applied, and each byte of theirs is many in
/// memory until then.
constexpr std::size_t bytes_wanted_max = std::size_t{2} << 20;

std::size_t bytes_of(const std::vector<entry>& entries) {
  std::size_t bytes = 0;
  for (const entry& e : entries) bytes += e.payload->size();
  return bytes;
}

}  // namespace

applier::applier(storage::node_store& store, applied_hook on_applied,
                 std::chrono::milliseconds gathering)
    : store_(store),
      on_applied_(std::move(on_applied)),
      gathering_(gathering),
      thread_([this] { run(); }) {}

applier::~applier() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void applier::apply(committed_entries what) {
  const auto bytes = bytes_of(what.entries);
  add({.what = std::move(what), .bytes = bytes});
}

void applier::then(std::function<void()> what) {
  add({.call = std::move(what)});
}

void applier::add(job j) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    waiting_entries_ += j.what.entries.size();
    bytes_ += j.bytes;
    // Asked under the lock: a stream that opens later hastens later, and finds the job here.
    const bool awaited = j.what.own > 0 && j.what.streams->awaited(j.what.own);
    const bool urgent =
        j.call || awaited || waiting_entries_ >= batch_entries_max || bytes_ >= batch_bytes_max;
    wakes = waiting_.empty() || (urgent && !urgent_);
    urgent_ |= urgent;
    waiting_.push_back(std::move(j));
  }
  if (wakes) wake_.notify_one();
}

void applier::hasten() {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty() || std::exchange(urgent_, true)) return;
  }
  wake_.notify_one();
}

bool applier::crowded() const {
  return bytes_ >= bytes_wanted_max;
}

void applier::wait_for_room() {
  if (!crowded()) return;
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return !crowded() || failed_; });
}

void applier::run() {
  name_this_thread("applier");
  std::vector<job> jobs;
  for (bool going = true; going;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      wake_.wait_for(lock, gathering_, [this] { return stop_ || urgent_; });
      std::swap(jobs, waiting_);
      waiting_entries_ = 0;
      urgent_ = false;
    }
    going = work(jobs);
    jobs.clear();
  }
  const std::lock_guard lock(mutex_);
  failed_ = true;
  room_.notify_all();
}

bool applier::work(std::vector<job>& jobs) {
  for (std::size_t i = 0; i < jobs.size();) {
    if (jobs[i].call) {
      jobs[i++].call();
      continue;
    }
    std::size_t end = i;
    std::size_t entries = 0;
    std::size_t bytes = 0;
    while (end < jobs.size() && !jobs[end].call && entries < batch_entries_max &&
           bytes < batch_bytes_max) {
      entries += jobs[end].what.entries.size();
      bytes += jobs[end++].bytes;
    }
    if (!apply_run(jobs, i, end, bytes)) return false;
    i = end;
  }
  return true;
}

bool applier::apply_run(std::vector<job>& jobs, std::size_t begin, std::size_t end,
                        std::size_t bytes) {
  batch_.clear();
  std::map<shard_id, committed_entries*> newest;
  for (std::size_t i = begin; i < end; ++i) {
    auto& what = jobs[i].what;
    for (const entry& e : what.entries) batch_.push_back({what.shard, e.index, *e.payload});
    auto& last = newest[what.shard];
    if (last) what.own += last->own;
    last = &what;
  }
  if (!store_.apply(batch_)) return false;
  free_room(bytes);
  for (const auto& [shard, done] : newest) {
    if (done->own > 0) tell_applied(done->streams->settle(done->own));
    on_applied_(shard, done->entries.back().index);
  }
  return true;
}

void applier::free_room(std::size_t bytes) {
  bool was_crowded = false;
  {
    const std::lock_guard lock(mutex_);
    was_crowded = crowded();
    bytes_ -= bytes;
  }
  if (was_crowded) room_.notify_all();
}

}  // namespace taskdriver::cluster
