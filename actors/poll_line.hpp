// The agents that wait for a task of one project, in order of arrival.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace taskdriver::actors {

/// A woken agent has left the line but its answer is outstanding; it may come back to its old
/// place if the task went to another.
/// Thread: one owner.
class poll_line {
public:
  std::uint64_t next_arrival() { return ++last_arrival_; }
  void add(std::uint64_t arrival, const std::string& agent) { line_.emplace(arrival, agent); }

  /// The first in line, if fewer than `tasks` agents are woken already.
  std::optional<std::pair<std::uint64_t, std::string>> wake_next(std::uint64_t tasks) {
    if (line_.empty() || woken_.size() >= tasks) return std::nullopt;
    auto first = *line_.begin();
    line_.erase(line_.begin());
    woken_.insert(first.first);
    return first;
  }
  /// The poll with this arrival is gone, or came to try again.
  void settle(std::uint64_t arrival) {
    line_.erase(arrival);
    woken_.erase(arrival);
  }

  std::size_t size() const { return line_.size() + woken_.size(); }

private:
  std::map<std::uint64_t, std::string> line_;
  std::set<std::uint64_t> woken_;
  std::uint64_t last_arrival_ = 0;
};

}  // namespace taskdriver::actors
