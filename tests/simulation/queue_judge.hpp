// The queue as its log tells it: what every decision may do to a task, judged in the log's order.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "domain/changes.hpp"

namespace taskdriver::simulation {

/// One task as P1–P6 see it.
struct judged_task {
  domain::task_status status = domain::task_status::queued;
  std::uint64_t epoch = 0;
  std::string agent;
  std::string result;
  domain::lease lease;              // the newest one
  std::int64_t lease_began_us = 0;  // granted, extended or restarted
  std::map<std::uint64_t, std::pair<std::string, domain::lease_token>> grants;  // by epoch
};

/// Follows the decisions of one project in the order of their commits. Knows when each was made in
/// the time of the world, which no clock of a node has to do with.
///
///   queued --grant: first in line, agent holds nothing else--> running --complete, fail--> for
///   good
///      ^----------- fail, or the lease was held for all of its time -----+
///
/// Thread: one. Fails: throws violation.
class queue_judge {
public:
  /// `drift_per_mille`: how much faster than the world a node's clock may be.
  explicit queue_judge(std::int64_t drift_per_mille) : drift_per_mille_(drift_per_mille) {}

  void committed(const domain::changes& what, std::int64_t decided_us);

  const judged_task* find(sequence task) const;
  const std::map<sequence, judged_task>& tasks() const { return tasks_; }
  bool all_ended() const { return queued_.empty() && held_.empty(); }

private:
  friend struct change_judge;
  void moved(sequence task, const domain::task_progress& to, std::int64_t decided_us);
  void granted(sequence task, judged_task& was, const domain::task_progress& to);
  void ended(const judged_task& was, const domain::task_progress& to,
             std::int64_t decided_us) const;

  std::int64_t drift_per_mille_;
  std::map<sequence, judged_task> tasks_;
  std::set<sequence> queued_;
  std::map<std::string, sequence> held_;  // by agent
};

}  // namespace taskdriver::simulation
