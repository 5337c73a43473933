// A bounded deque of entries; older ones come from the store.
#include "cluster/node/recent_log.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace taskdriver::cluster {
namespace {

/// Per shard: a peer that was away for some seconds under load catches up from memory, and 16
/// shards stay below 32 MiB.
constexpr std::size_t kept_bytes_max = std::size_t{2} << 20;
constexpr std::size_t entry_overhead_bytes = 96;

std::size_t cost(const entry& e) {
  return e.payload->size() + entry_overhead_bytes;
}

}  // namespace

recent_log::recent_log(const storage::node_store& store, shard_id shard, std::uint64_t last_index)
    : store_(store), shard_(shard), first_(last_index + 1) {}

void recent_log::append(const std::vector<entry>& entries) {
  for (const entry& e : entries) {
    TASKDRIVER_CHECK(e.index == last_index() + 1, "the log has no gaps");
    entries_.push_back(e);
    bytes_ += cost(e);
  }
  trim();
}

void recent_log::truncate_from(std::uint64_t index) {
  TASKDRIVER_CHECK(index > settled_, "what is applied is never truncated (R16)");
  while (!entries_.empty() && last_index() >= index) {
    bytes_ -= cost(entries_.back());
    entries_.pop_back();
  }
  if (entries_.empty()) first_ = std::min(first_, index);
}

void recent_log::settled(std::uint64_t index) {
  settled_ = std::max(settled_, index);
  trim();
}

void recent_log::drop_front() {
  bytes_ -= cost(entries_.front());
  entries_.pop_front();
  ++first_;
}

void recent_log::trim() {
  while (bytes_ > kept_bytes_max && first_ <= settled_) drop_front();
}

void recent_log::forget(std::uint64_t last_index) {
  entries_.clear();
  bytes_ = 0;
  first_ = last_index + 1;
  settled_ = 0;
}

std::vector<entry> recent_log::read(std::uint64_t first, std::uint64_t last,
                                    std::uint64_t bytes_max) const {
  TASKDRIVER_CHECK(first >= 1 && last <= last_index(), "only what is in the log is read");
  std::vector<entry> out;
  std::uint64_t bytes = 0;
  if (first < first_) {
    auto stored = store_.read_log(shard_, first, bytes_max);
    // Cut away a moment ago: the replica hears of it with the next tick.
    if (!stored) return out;
    for (auto& e : *stored) {
      if (e.index > last || e.index >= first_) break;
      bytes += e.payload.size();
      out.push_back({e.epoch, e.index, std::make_shared<const std::string>(std::move(e.payload))});
    }
  }
  for (std::uint64_t i = first + out.size(); i <= last; ++i) {
    if (i < first_ || (!out.empty() && bytes >= bytes_max)) break;
    out.push_back(entries_[i - first_]);
    bytes += out.back().payload->size();
  }
  return out;
}

}  // namespace taskdriver::cluster
