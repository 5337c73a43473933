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
    woken_.insert(first);
    return first;
  }
  /// Nobody who was woken before this arrival is outstanding.
  bool may_try(std::uint64_t arrival) const {
    return woken_.empty() || woken_.begin()->first >= arrival;
  }
  /// The poll with this arrival is gone, or tries again.
  void settle(std::uint64_t arrival) {
    line_.erase(arrival);
    woken_.erase(arrival);
  }

  /// Agents that have a poll here, in the line or woken.
  std::set<std::string> agents() const {
    std::set<std::string> names;
    for (const auto* polls : {&line_, &woken_})
      for (const auto& [_, agent] : *polls) names.insert(agent);
    return names;
  }
  std::size_t size() const { return line_.size() + woken_.size(); }

private:
  std::map<std::uint64_t, std::string> line_;
  std::map<std::uint64_t, std::string> woken_;
  std::uint64_t last_arrival_ = 0;
};

}  // namespace taskdriver::actors
