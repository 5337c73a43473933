// Compares what replicas and clients see with the one history.
#include "tests/simulation/judge.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

#include "tests/simulation/violation.hpp"

namespace taskdriver::simulation {

judge::committed judge::seen(const cluster::entry& e) {
  return {.epoch = e.epoch, .payload = std::hash<std::string_view>{}(*e.payload)};
}

/// In this history, or in what the first primary of its line had besides.
bool judge::is_known(const shard_history& s, const cluster::entry& e) {
  if (e.index <= s.history.size()) return same(s.history[e.index - 1], seen(e));
  const bool in_tail = e.index >= s.tail_begin && e.index - s.tail_begin < s.tail.size();
  return in_tail && same(s.tail[e.index - s.tail_begin], seen(e));
}

/// An entry from before the force that its survivor lacks. It is no part of the history, but where
/// a later primary of the new line finds it at the end of its log and brings it back.
bool judge::is_left_alone(shard_index shard, const state_of& before,
                          const cluster::entry& next) const {
  const auto& s = shards_[shard];
  if (next.epoch >= s.line_epoch || is_known(s, next)) return false;
  return before.seen_epoch < s.line_epoch || next.index != s.history.size() + 1 ||
         !on_line(shard, before.index, before.entry_epoch);
}

bool judge::commits(shard_index shard, const state_of& before, const cluster::entry& next) {
  require(next.index == before.index + 1, "an index is committed twice or left out");
  auto& s = shards_[shard];
  if (is_left_alone(shard, before, next)) return false;
  require(on_line(shard, before.index, before.entry_epoch),
          "a state of an older line goes on with the new one");
  // It was not brought back after all, only applied by one who knew it to be committed.
  if (next.index > s.floor && next.index <= s.history.size() && !is_known(s, next) &&
      s.history[next.index - 1].epoch < s.line_epoch &&
      next.index > s.tail_begin + s.tail.size() - 1)
    s.history.resize(next.index - 1);
  if (next.index == s.history.size() + 1) {
    s.history.push_back(seen(next));
    return true;
  }
  require(next.index <= s.history.size(), "a replica is ahead of the history");
  require(same(s.history[next.index - 1], seen(next)),
          "replicas commit different entries under one index");
  return false;
}

bool judge::on_line(shard_index shard, std::uint64_t index, std::uint64_t epoch) const {
  const auto& history = shards_[shard].history;
  return index == 0 || (index <= history.size() && history[index - 1].epoch == epoch);
}

void judge::has_state(shard_index shard, std::uint64_t index, std::uint64_t epoch) const {
  if (epoch < shards_[shard].line_epoch) return;  // maybe of an older line, and then left alone
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
  auto& s = shards_[shard];
  // What was the floor when the request left may be gone by a force since.
  require(index >= std::min(floor, s.floor),
          "stale read: something acknowledged or read before is not in it");
  s.floor = std::max(s.floor, index);
  ++reads_;
}

void judge::begin_line(shard_index shard, std::uint64_t epoch, std::uint64_t base_index,
                       const std::vector<cluster::entry>& log) {
  auto& s = shards_[shard];
  require(base_index <= s.history.size(), "the survivor of a force is ahead of the history");
  auto kept = base_index;
  while (kept < s.history.size() && kept - base_index < log.size() &&
         same(s.history[kept], seen(log[kept - base_index])))
    ++kept;
  s.history.resize(kept);
  s.tail.clear();
  for (auto i = kept - base_index; i < log.size(); ++i) s.tail.push_back(seen(log[i]));
  s.tail_begin = kept + 1;
  s.line_epoch = epoch;
  s.floor = std::min(s.floor, kept);
}

}  // namespace taskdriver::simulation
