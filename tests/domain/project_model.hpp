// What a project's tasks must look like after each command: the judge of random histories.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/decide.hpp"

namespace taskdriver::domain {

/// A task as promises P2, P3 and P5 see it.
struct model_task {
  object_id id;
  object_id type;
  std::string instructions;
  task_status status = task_status::queued;
  std::uint64_t epoch = 0;
  std::uint32_t retries = 0;
  std::string agent;  // holder, or who ended it
  json_text result;
  // While it runs:
  lease_token token{};
  std::int64_t duration_ms = 0;
  std::int64_t deadline_ms = 0;  // steady
};

/// A project in the plainest form there is: all tasks in one map, every question a walk over it.
/// It foresees each answer and follows it; what differs comes back as text, "" if nothing does.
/// A copy is the project as of then: a crash goes back to one.
///
/// Thread: one. All types have the same `retries_max` and `lease_ms`; duplicates of the type
/// `unique` are refused unless an update allows them, those of all others allowed.
class project_model {
public:
  project_model(std::uint32_t retries_max, std::int64_t lease_ms, const object_id& unique)
      : retries_max_(retries_max), lease_ms_(lease_ms), unique_(unique) {}

  /// Judges the answer to `what` at `now`, then does what it did.
  std::string follow(const command& what, const result<reply>& answer, instant now);
  /// Every lease that is due at `now` ends.
  void expire(instant now);
  /// Every lease starts again in full (P6).
  void restart_leases(instant now);

  /// What differs in the counters and the leases: cheap, for every step.
  std::string compare_leases(const project_state& state) const;
  /// What differs in any task.
  std::string compare_tasks(const project_state& state) const;

  /// Ids of all tasks that were ever there, removed ones too.
  const std::vector<object_id>& ids() const { return ids_; }
  const model_task* find(const object_id& id) const;

private:
  using maybe_error = std::optional<errc>;

  std::string on(const create_task& what, const reply& answer);
  std::string on(const next_task& what, const reply& answer, instant now);
  std::string on(const complete_task& what, const reply& answer);
  std::string on(const fail_task& what, const reply& answer);
  std::string on(const extend_lease& what, const reply& answer, instant now);
  std::string on(const update_task& what, const reply& answer);
  std::string on(const remove_task& what);
  std::string on(const update_project& what);
  std::string on(const update_type& what);

  maybe_error refusal_of(const command& what) const;
  maybe_error not_held(const object_id& id, const std::string& agent,
                       const lease_proof& proof) const;
  maybe_error not_changeable(const object_id& id) const;
  bool repeats(const complete_task& what) const;
  bool has_duplicate(const new_task& task) const;
  model_task* first_queued();
  const model_task* held_by(const std::string& agent) const;
  void end_attempt(model_task& task, bool can_retry);

  std::uint32_t retries_max_;
  std::int64_t lease_ms_;
  object_id unique_;
  bool refuses_duplicates_ = true;
  bool closed_ = false;
  std::uint64_t next_task_ = 1;
  std::map<sequence, model_task> tasks_;
  std::vector<object_id> ids_;
};

}  // namespace taskdriver::domain
