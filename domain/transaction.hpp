// Collects the changes of one decision while the project's memory follows them.
#pragma once

#include <map>

#include "domain/project_state.hpp"

namespace taskdriver::domain {

/// What a decision may do to a project. A decision that refuses must not have recorded anything.
/// Numbers kept beside the records (counters, activity) are recorded once, by finish().
///
/// Thread: the state's owner. Owns: the changes until finish().
class transaction {
public:
  transaction(project_state& state, instant now) : state_(state), now_(now) {}
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  instant now() const { return now_; }
  project_state& state() { return state_; }

  /// Applies `c` to the state and keeps it for the log.
  void record(change c);

  /// The counters as this decision has left them so far.
  const project_counters& counters() const { return counters_; }
  project_counters& change_counters() {
    counters_changed_ = true;
    return counters_;
  }
  void count_completed(std::int64_t duration_ms);
  void count_failed();
  /// The number of tasks that exist of `type` changes by `difference`.
  void count_type_task(sequence type, int difference);

  bool empty() const { return changes_.empty() && !counters_changed_; }
  /// Closes the decision and hands out its changes, in order.
  changes finish();

private:
  project_state& state_;
  instant now_;
  changes changes_;
  project_counters counters_ = state_.counters();
  bool counters_changed_ = false;
  std::map<sequence, std::uint64_t> type_tasks_;
};

}  // namespace taskdriver::domain
