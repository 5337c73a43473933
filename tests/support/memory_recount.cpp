// The recount of promise P9: what specs and progress records imply, against what is stored.
#include "domain/fingerprint.hpp"
#include "domain/task_moves.hpp"
#include "tests/support/memory_records.hpp"

namespace taskdriver::domain {
namespace {

std::string name_of(sequence task) {
  return "task " + std::to_string(raw(task));
}

/// Builds what should be there in a second project_records, then compares.
class recounter {
public:
  explicit recounter(const project_records& stored) : stored_(stored) {}

  std::vector<std::string> run() {
    if (stored_.project_record.empty()) {
      check(stored_ == project_records{}, "records without their project");
      return found_;
    }
    for (const auto& [type, _] : stored_.types) implied_.type_tasks[type] = 0;
    for (const auto& [task, spec] : stored_.specs) count_task(task, spec);
    for (const auto& [task, _] : stored_.progress)
      check(stored_.specs.contains(task), name_of(task) + " has progress but no spec");
    for (const auto& [key, record] : stored_.attempts) check_attempt(key.first, record);
    for (const auto& [task, record] : stored_.leases) check_lease(task, record);
    for (const auto& [type, _] : stored_.duplicates_end)
      check(stored_.types.contains(type), "the index of duplicates ends for a type that is gone");
    compare_indexes();
    compare_counters();
    return found_;
  }

private:
  void check(bool holds, std::string what) {
    if (!holds) found_.push_back(std::move(what));
  }

  void count_task(sequence task, const task_spec& spec) {
    check(spec.id.seq() == task, name_of(task) + " has the id of another");
    const auto found = stored_.progress.find(task);
    if (found == stored_.progress.end()) return check(false, name_of(task) + " has no progress");
    const auto& progress = found->second;
    const auto type = spec.type_id.seq();
    check(stored_.types.contains(type), name_of(task) + " has no type");
    ++implied_.type_tasks[type];
    implied_.by_type.emplace(type, task);
    if (!spec.batch_id.empty()) implied_.batches.emplace(spec.batch_id, task);
    if (!progress.assigned_to.empty()) implied_.agents.emplace(progress.assigned_to, task);
    const auto end = stored_.duplicates_end.find(type);
    const bool left_out = end != stored_.duplicates_end.end() && task >= end->second;
    if (progress.status != task_status::failed && !left_out)
      implied_.prints.emplace(type, fingerprint_of(spec.variables, spec.instructions), task);
    count_status(task, progress);
    count_attempts(task, progress);
  }

  void count_status(sequence task, const task_progress& progress) {
    switch (progress.status) {
      case task_status::queued:
        ++counters_.queued;
        implied_.queued.insert(place_of(task));
        check(progress.assigned_to.empty(), name_of(task) + " is queued but assigned");
        break;
      case task_status::running:
        ++counters_.running;
        check(stored_.leases.contains(task), name_of(task) + " runs without a lease");
        break;
      case task_status::completed:
        ++counters_.completed;
        implied_.finished.emplace(progress.status, task);
        break;
      case task_status::failed:
        ++counters_.failed;
        implied_.finished.emplace(progress.status, task);
        break;
    }
  }

  /// Every grant is an attempt: the newest is in the progress record unless the task went back.
  void count_attempts(sequence task, const task_progress& progress) {
    const bool newest_is_record = progress.status == task_status::queued;
    const auto last = newest_is_record || progress.lease_epoch == 0 ? progress.lease_epoch
                                                                    : progress.lease_epoch - 1;
    std::uint64_t stored = 0;
    for (std::uint64_t number = 1; number <= last; ++number)
      stored += stored_.attempts.count({task, number});
    check(stored == last, name_of(task) + " lacks attempts");
    check(progress.retry_count == last, name_of(task) + " counts other retries than attempts");
  }

  void check_attempt(sequence task, const attempt& record) {
    const auto found = stored_.progress.find(task);
    check(found != stored_.progress.end(), name_of(task) + " is gone but has an attempt");
    if (found != stored_.progress.end())
      check(record.number <= found->second.lease_epoch, name_of(task) + " has attempts too many");
  }

  void check_lease(sequence task, const lease& record) {
    const auto found = stored_.progress.find(task);
    if (found == stored_.progress.end() || found->second.status != task_status::running)
      return check(false, name_of(task) + " has a lease but does not run");
    const auto& progress = found->second;
    check(record.task == task, name_of(task) + " has the lease of another");
    check(record.agent == progress.assigned_to, name_of(task) + " is leased to another agent");
    check(record.epoch == progress.lease_epoch, name_of(task) + " has a lease of another epoch");
    check(record.expires_ms == progress.lease_expires_ms, name_of(task) + " shows another end");
    check(leased_agents_.insert(record.agent).second, record.agent + " holds two leases");
  }

  void compare_indexes() {
    check(stored_.queued == implied_.queued, "the queue differs");
    check(stored_.finished == implied_.finished, "the index of finished tasks differs");
    check(stored_.batches == implied_.batches, "the index of batches differs");
    check(stored_.agents == implied_.agents, "the index of agents differs");
    check(stored_.by_type == implied_.by_type, "the index of types differs");
    check(stored_.prints == implied_.prints, "the index of duplicates differs");
    check(stored_.type_tasks == implied_.type_tasks, "the task counts of types differ");
  }

  void compare_counters() {
    project_counters stored;
    if (!stored_.counters.empty()) stored = stored_.counters.begin()->second;
    check(stored.queued == counters_.queued, "queued tasks are miscounted");
    check(stored.running == counters_.running, "running tasks are miscounted");
    check(stored.completed == counters_.completed, "completed tasks are miscounted");
    check(stored.failed == counters_.failed, "failed tasks are miscounted");
    check(stored_.queued.empty() || *stored_.queued.begin() >= stored.queue_head,
          "a queued place is before the head");
    check(stored_.specs.empty() || raw(stored_.specs.rbegin()->first) < stored.next_task,
          "the next task's number is taken");
    check(stored_.types.empty() || raw(stored_.types.rbegin()->first) < stored.next_type,
          "the next type's number is taken");
  }

  const project_records& stored_;
  project_records implied_;
  project_counters counters_;
  std::set<std::string> leased_agents_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> recount(const project_records& records) {
  return recounter(records).run();
}

}  // namespace taskdriver::domain
