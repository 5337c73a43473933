// Keeps the three views of the leases in step.
#include "domain/lease_table.hpp"

#include "base/check.hpp"

namespace taskdriver::domain {

void lease_table::put(const lease& record, std::int64_t steady_ms) {
  remove(record.task);
  const held h{record, steady_ms + record.duration_ms};
  const auto [_, free] = by_agent_.emplace(record.agent, record.task);
  TASKDRIVER_CHECK(free, "an agent holds at most one lease");
  by_deadline_.emplace(h.deadline_ms, record.task);
  by_task_.emplace(raw(record.task), h);
}

void lease_table::remove(sequence task) {
  const auto found = by_task_.find(raw(task));
  if (found == by_task_.end()) return;
  by_deadline_.erase({found->second.deadline_ms, task});
  by_agent_.erase(found->second.record.agent);
  by_task_.erase(found);
}

const lease_table::held* lease_table::of_task(sequence task) const {
  const auto found = by_task_.find(raw(task));
  return found == by_task_.end() ? nullptr : &found->second;
}

const lease_table::held* lease_table::of_agent(const std::string& agent) const {
  const auto found = by_agent_.find(agent);
  return found == by_agent_.end() ? nullptr : of_task(found->second);
}

std::vector<sequence> lease_table::due(std::int64_t steady_ms) const {
  std::vector<sequence> tasks;
  for (const auto& [deadline, task] : by_deadline_) {
    if (deadline > steady_ms) break;
    tasks.push_back(task);
  }
  return tasks;
}

std::optional<std::int64_t> lease_table::next_deadline_ms() const {
  if (by_deadline_.empty()) return std::nullopt;
  return by_deadline_.begin()->first;
}

std::vector<const lease_table::held*> lease_table::all() const {
  std::vector<const held*> leases;
  leases.reserve(by_agent_.size());
  for (const auto& [agent, task] : by_agent_) leases.push_back(of_task(task));
  return leases;
}

}  // namespace taskdriver::domain
