// All live leases of one project, by task, by agent and by deadline. Never reads a clock.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/records.hpp"

namespace taskdriver::domain {

/// Deadlines are on the steady clock: a lease put at steady time t ends at t + its duration, so
/// that neither clock jumps nor a restart can end it early (P6).
/// An agent holds at most one lease, a task is under at most one (P2): `put` checks both.
///
/// Thread: one owner (project_state). A returned pointer ends with the next non-const call.
class lease_table {
public:
  struct held {
    lease record;
    std::int64_t deadline_ms = 0;  // steady
  };

  /// Adds the lease, or replaces the one of the same task and agent.
  void put(const lease& record, std::int64_t steady_ms);
  void remove(sequence task);

  const held* of_task(sequence task) const;
  const held* of_agent(const std::string& agent) const;

  /// Tasks whose deadline is at or before `steady_ms`, earliest first.
  std::vector<sequence> due(std::int64_t steady_ms) const;
  std::optional<std::int64_t> next_deadline_ms() const;

  std::size_t size() const { return by_task_.size(); }
  /// All leases, by agent name.
  std::vector<const held*> all() const;

private:
  std::unordered_map<std::uint64_t, held> by_task_;
  std::map<std::string, sequence> by_agent_;
  std::set<std::pair<std::int64_t, sequence>> by_deadline_;
};

}  // namespace taskdriver::domain
