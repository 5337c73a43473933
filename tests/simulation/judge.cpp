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

std::size_t judge::line_number(shard_index shard, std::uint64_t epoch) const {
  const auto& lines = shards_[shard].lines;
  auto number = lines.size();
  while (lines[number - 1].epoch > epoch) --number;
  return number;
}

/// In this history, or in what the first primary of its line had besides.
bool judge::is_known(const line& l, const cluster::entry& e) {
  if (e.index <= l.history.size()) return same(l.history[e.index - 1], seen(e));
  const bool in_tail = e.index >= l.tail_begin && e.index - l.tail_begin < l.tail.size();
  return in_tail && same(l.tail[e.index - l.tail_begin], seen(e));
}

/// An entry from before the force that its survivor lacks, applied by one who knew it to be
/// committed. It is no part of the history, but where a later primary of the new line has it at the
/// end of its log and brings it back.
bool judge::is_left_alone(const line& l, const state_of& before, const cluster::entry& next,
                          bool primary_has) {
  if (next.epoch >= l.epoch || is_known(l, next)) return false;
  return !primary_has || next.index != l.history.size() + 1 ||
         !on_line(l, before.index, before.entry_epoch);
}

bool judge::commits(shard_index shard, const state_of& before, const cluster::entry& next,
                    bool primary_has) {
  require(next.index == before.index + 1, "an index is committed twice or left out");
  auto& l = line_of(shard, before.seen_epoch);
  if (is_left_alone(l, before, next, primary_has)) return false;
  require(on_line(l, before.index, before.entry_epoch),
          "a state of an older line goes on with the new one");
  // It was not brought back after all, only applied by one who knew it to be committed.
  if (next.index > l.floor && next.index <= l.history.size() && !is_known(l, next) &&
      l.history[next.index - 1].epoch < l.epoch && next.index > l.tail_begin + l.tail.size() - 1)
    l.history.resize(next.index - 1);
  if (next.index == l.history.size() + 1) {
    l.history.push_back(seen(next));
    return true;
  }
  require(next.index <= l.history.size(), "a replica is ahead of the history");
  require(same(l.history[next.index - 1], seen(next)),
          "replicas commit different entries under one index");
  return false;
}

bool judge::on_line(const line& l, std::uint64_t index, std::uint64_t epoch) {
  return index == 0 || (index <= l.history.size() && l.history[index - 1].epoch == epoch);
}

void judge::has_state(shard_index shard, std::uint64_t index, std::uint64_t epoch) const {
  if (epoch < newest(shard).epoch) return;  // maybe of an older line, and then left alone
  const auto& history = newest(shard).history;
  require(index <= history.size(), "a state is ahead of the history");
  require(index == 0 || history[index - 1].epoch == epoch, "a state is of another history");
}

bool judge::acknowledged(shard_index shard, std::uint64_t seen_epoch, std::uint64_t index,
                         std::uint64_t epoch) {
  auto& l = line_of(shard, seen_epoch);
  require(index <= l.history.size(), "a write is acknowledged that is not committed");
  auto& known = l.history[index - 1];
  require(known.epoch == epoch, "a write is acknowledged under an index that another one has");
  require(!known.acknowledged, "two writes are acknowledged under one index");
  known.acknowledged = true;
  if (&l != &newest(shard)) return false;
  l.floor = std::max(l.floor, index);
  ++shards_[shard].acknowledged;
  return true;
}

/// Between two lines only what was told before they parted has to be seen.
void judge::read(shard_index shard, const floor_asked& asked, std::uint64_t seen_epoch,
                 std::uint64_t index) {
  auto& l = line_of(shard, seen_epoch);
  const auto number = line_number(shard, seen_epoch);
  auto needed = asked.index;
  if (asked.line < number) needed = std::min(needed, l.floor_at_begin);
  if (asked.line > number) needed = std::min(needed, l.floor);
  require(index >= needed, "stale read: something acknowledged or read before is not in it");
  if (&l == &newest(shard)) l.floor = std::max(l.floor, index);
  ++reads_;
}

/// Up to which index a log of a survivor is as this line is.
std::uint64_t judge::common_with(const line& l, const state_of& base,
                                 const std::vector<cluster::entry>& log) {
  if (!on_line(l, base.index, base.entry_epoch)) return 0;
  auto kept = base.index;
  while (kept < l.history.size() && kept - base.index < log.size() &&
         same(l.history[kept], seen(log[kept - base.index])))
    ++kept;
  return kept;
}

void judge::begin_line(shard_index shard, std::uint64_t epoch, const state_of& base,
                       const std::vector<cluster::entry>& log) {
  auto& lines = shards_[shard].lines;
  const line* parent = nullptr;
  std::uint64_t kept = 0;
  for (const auto& l : lines)
    if (const auto common = common_with(l, base, log); !parent || common >= kept)
      parent = &l, kept = common;
  require(kept >= base.index, "the survivor of a force is ahead of the history");
  line fresh{.epoch = epoch, .history = parent->history, .tail_begin = kept + 1};
  fresh.history.resize(kept);
  for (auto i = kept - base.index; i < log.size(); ++i) fresh.tail.push_back(seen(log[i]));
  fresh.floor = fresh.floor_at_begin = std::min(lines.back().floor, kept);
  lines.push_back(std::move(fresh));
}

}  // namespace taskdriver::simulation
