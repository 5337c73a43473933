// Only records of tasks and leases say something here; counters and indexes are recounted at the
// end.
#include "tests/simulation/queue_judge.hpp"

#include "tests/simulation/violation.hpp"

namespace taskdriver::simulation {

using domain::task_status;

/// One overload per kind of change that matters.
struct change_judge {
  queue_judge& judge;
  std::int64_t decided_us;

  void operator()(const domain::put_progress& c) const {
    judge.moved(c.task, *c.record, decided_us);
  }
  /// Comes before the progress of a grant, and with every extension and restart.
  void operator()(const domain::put_lease& c) const {
    auto& task = judge.tasks_[c.record.task];
    task.lease = c.record;
    task.lease_began_us = decided_us;
    task.grants.try_emplace(c.record.epoch, c.record.agent, c.record.token);
  }
  template <class Other>
  void operator()(const Other&) const {}
};

void queue_judge::committed(const domain::changes& what, std::int64_t decided_us) {
  for (const auto& c : what) std::visit(change_judge{*this, decided_us}, c);
}

const judged_task* queue_judge::find(sequence task) const {
  const auto found = tasks_.find(task);
  return found == tasks_.end() ? nullptr : &found->second;
}

void queue_judge::moved(sequence task, const domain::task_progress& to, std::int64_t decided_us) {
  auto [at, created] = tasks_.try_emplace(task);
  auto& was = at->second;
  if (created) {
    require(to.status == task_status::queued && to.lease_epoch == 0, "a task begins in the queue");
    queued_.insert(task);
    return;
  }
  require(was.status != task_status::completed && was.status != task_status::failed,
          "P3: a terminal state is written twice");
  if (was.status == task_status::queued)
    granted(task, was, to);
  else if (to.status != task_status::running)
    ended(was, to, decided_us);
  require(to.lease_epoch == (was.status == task_status::queued ? was.epoch + 1 : was.epoch),
          "P2: a lease epoch grows by one with each grant, and only then");
  if (was.status == task_status::running && to.status != task_status::running)
    held_.erase(was.agent);
  if (to.status == task_status::queued) queued_.insert(task);
  was.status = to.status;
  was.epoch = to.lease_epoch;
  was.agent = to.assigned_to;
  was.result = to.result;
}

void queue_judge::granted(sequence task, judged_task& was, const domain::task_progress& to) {
  require(to.status == task_status::running, "a queued task is granted before anything else");
  require(!queued_.empty() && *queued_.begin() == task, "P5: a task is granted before its turn");
  require(held_.try_emplace(to.assigned_to, task).second,
          "P4: an agent that holds a task is granted another one");
  require(was.lease.epoch == to.lease_epoch && was.lease.agent == to.assigned_to,
          "a grant without its lease");
  queued_.erase(task);
}

/// P6: a lease that ran out was there for all of its time, by any clock that is not too fast.
void queue_judge::ended(const judged_task& was, const domain::task_progress& to,
                        std::int64_t decided_us) const {
  if (to.last_attempt != domain::attempt_status::timeout) return;
  const auto held_us = decided_us - was.lease_began_us;
  const auto promised_us = was.lease.duration_ms * 1000;
  require(held_us + held_us * drift_per_mille_ / 1000 + 2000 >= promised_us,
          "P6: a lease ended early");
}

}  // namespace taskdriver::simulation
