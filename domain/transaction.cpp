// Records changes one by one and the counters at the end.
#include "domain/transaction.hpp"

#include "base/check.hpp"

namespace taskdriver::domain {

void transaction::record(change c) {
  state_.apply(c, now_);
  changes_.push_back(std::move(c));
}

void transaction::count_completed(std::int64_t duration_ms) {
  record(put_activity{state_.activity().with_completed(now_.wall_ms, duration_ms)});
}

void transaction::count_failed() {
  record(put_activity{state_.activity().with_failed(now_.wall_ms)});
}

void transaction::count_type_task(sequence type, int difference) {
  const auto found = state_.types().find(type);
  TASKDRIVER_CHECK(found != state_.types().end(), "a type that has tasks exists");
  auto& tasks = type_tasks_.try_emplace(type, found->second.tasks).first->second;
  TASKDRIVER_CHECK(difference > 0 || tasks > 0, "tasks of a type never count below zero");
  tasks += static_cast<std::uint64_t>(difference);
}

changes transaction::finish() {
  for (const auto& [type, tasks] : type_tasks_) record(put_type_tasks{type, tasks});
  if (counters_changed_) {
    counters_.queue_head = state_.queue_head();
    record(put_counters{counters_});
  }
  if (!changes_.empty()) state_.end_of_decision();
  return std::move(changes_);
}

}  // namespace taskdriver::domain
