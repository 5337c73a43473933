// Compares what replicas and clients see with the one history.
#include "tests/simulation/judge.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

#include "tests/simulation/violation.hpp"

namespace taskdriver::simulation {

bool judge::applied(shard_index shard, std::uint64_t applied, const cluster::entry& next) {
  require(next.index == applied + 1, "an index is applied twice or left out");
  auto& history = shards_[shard].history;
  const committed seen{.epoch = next.epoch,
                       .payload = std::hash<std::string_view>{}(*next.payload)};
  if (next.index == history.size() + 1) {
    history.push_back(seen);
    return true;
  }
  require(next.index <= history.size(), "a replica is ahead of the history");
  const auto& known = history[next.index - 1];
  require(known.epoch == seen.epoch && known.payload == seen.payload,
          "replicas apply different entries under one index");
  return false;
}

void judge::has_state(shard_index shard, std::uint64_t index, std::uint64_t epoch) const {
  const auto& history = shards_[shard].history;
  require(index <= history.size(), "a state is ahead of the history");
  require(index == 0 || history[index - 1].epoch == epoch, "a state is of another history");
}

void judge::acknowledged(shard_index shard, std::uint64_t index, std::uint64_t epoch) {
  auto& s = shards_[shard];
  require(index <= s.history.size(), "a write is acknowledged that is not committed");
  auto& known = s.history[index - 1];
  require(known.epoch == epoch, "a write is acknowledged under an index that another one has");
  require(!known.acknowledged, "two writes are acknowledged under one index");
  known.acknowledged = true;
  s.floor = std::max(s.floor, index);
  ++s.acknowledged;
}

void judge::read(shard_index shard, std::uint64_t floor, std::uint64_t index) {
  require(index >= floor, "stale read: something acknowledged or read before is not in it");
  auto& s = shards_[shard];
  s.floor = std::max(s.floor, index);
  ++reads_;
}

void judge::forget_after(shard_index shard, std::uint64_t index) {
  auto& s = shards_[shard];
  s.history.resize(std::min<std::size_t>(s.history.size(), index));
  s.floor = std::min(s.floor, index);
}

}  // namespace taskdriver::simulation
