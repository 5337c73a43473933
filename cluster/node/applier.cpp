// Jobs in order; entries that follow each other go into one write batch.
#include "cluster/node/applier.hpp"

#include <chrono>
#include <utility>

namespace taskdriver::cluster {
namespace {

/// A write batch that is still applied in well under a millisecond.
constexpr std::size_t batch_entries_max = 512;
/// How long a backup's entries gather. In so much time most tasks of busy agents are created,
/// claimed and completed: of several writes to one key only the last reaches the store.
constexpr std::chrono::milliseconds gathering_time{20};

}  // namespace

applier::applier(storage::node_store& store, applied_hook on_applied)
    : store_(store), on_applied_(std::move(on_applied)), thread_([this] { run(); }) {}

applier::~applier() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void applier::apply(shard_id shard, std::vector<entry> entries, stream_table& streams,
                    std::size_t own) {
  add({.shard = shard, .entries = std::move(entries), .streams = &streams, .own = own});
}

void applier::then(std::function<void()> what) {
  add({.call = std::move(what)});
}

void applier::add(job j) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    waiting_entries_ += j.entries.size();
    const bool urgent = j.call || j.own > 0 || waiting_entries_ >= batch_entries_max;
    wakes = waiting_.empty() || (urgent && !urgent_);
    urgent_ |= urgent;
    waiting_.push_back(std::move(j));
  }
  if (wakes) wake_.notify_one();
}

void applier::run() {
  std::vector<job> jobs;
  for (bool going = true; going;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      wake_.wait_for(lock, gathering_time, [this] { return stop_ || urgent_; });
      std::swap(jobs, waiting_);
      waiting_entries_ = 0;
      urgent_ = false;
    }
    going = work(jobs);
    jobs.clear();
  }
}

bool applier::work(std::vector<job>& jobs) {
  for (std::size_t i = 0; i < jobs.size();) {
    if (jobs[i].call) {
      jobs[i++].call();
      continue;
    }
    std::size_t end = i;
    std::size_t entries = 0;
    while (end < jobs.size() && !jobs[end].call && entries < batch_entries_max)
      entries += jobs[end++].entries.size();
    if (!apply_run(jobs, i, end)) return false;
    i = end;
  }
  return true;
}

bool applier::apply_run(std::vector<job>& jobs, std::size_t begin, std::size_t end) {
  batch_.clear();
  for (std::size_t i = begin; i < end; ++i)
    for (const entry& e : jobs[i].entries)
      batch_.push_back({jobs[i].shard, e.epoch, e.index, *e.payload});
  if (!store_.apply(batch_)) return false;
  for (std::size_t i = begin; i < end; ++i) {
    job& done = jobs[i];
    if (done.own > 0) tell(done.streams->settle(done.own));
    on_applied_(done.shard, done.entries.back().index);
  }
  return true;
}

}  // namespace taskdriver::cluster
