// The recount of promise P9 for one project, and whether its records agree with each other.
#pragma once

#include <map>
#include <unordered_set>

#include "tools/inspect/index_recount.hpp"

namespace taskdriver::inspect {

/// The scans that all projects of a shard are walked with.
struct project_scans {
  explicit project_scans(shard_view& view)
      : spec(view), progress(view), attempt(view), lease(view), other(view) {}
  view_scan spec, progress, attempt, lease, other;
};

struct project_summary {
  project_number number{};
  bool stored = false;  // it has its project record
  object_id id;
  std::string name;
  domain::project_counters counted;  // only the numbers of tasks
};

/// Reads everything that a project has, once, in an order that lets memory stay small:
///
///   project, counters, activity, types --> tasks: spec, progress, attempts and lease side by side
///   in order of keys --> indexes as sums --> sessions --> kinds that are unknown
///
/// What grows: with the types, and with the running tasks (one agent's name each).
/// Thread: one. Owns: nothing of what it reads.
class project_recount {
public:
  project_recount(shard_view& view, project_scans& scans, project_number project,
                  finding_list& found);

  /// Fails: internal (bad checksum); what was found until then is in the list.
  result<project_summary> run();

private:
  struct counted_type {
    bool stored = false;
    object_id id;
    std::optional<std::uint64_t> tasks;  // as stored
    std::uint64_t counted = 0;
  };
  struct task_attempts {
    std::uint64_t count = 0;
    bool in_order = true;  // numbered from 1 without gap
  };
  /// What is there of one task.
  struct task_records {
    sequence task{};
    bool spec_there = false, progress_there = false, lease_there = false;
    std::optional<domain::task_spec> spec;
    std::optional<domain::task_progress> progress;
    std::optional<domain::lease> lease;
    task_attempts attempts;
  };
  using record_reader = void (project_recount::*)(const state_key& key, std::string_view value);

  result<void> read_range(storage::record_kind first, storage::record_kind last,
                          record_reader reader);
  void read_head(const state_key& key, std::string_view value);
  void read_project(std::string_view value);
  void read_type(const state_key& key, std::string_view value);
  void read_duplicates_end(const state_key& key, std::string_view value);
  void read_session(const state_key& key, std::string_view value);
  result<void> read_unknown();

  result<void> recount_tasks();
  std::optional<sequence> next_task();
  std::optional<sequence> at(view_scan& scan);
  task_records take(sequence task);
  task_attempts take_attempts(sequence task);
  template <class Record>
  bool take_one(view_scan& scan, sequence task, const char* what, std::optional<Record>& into);

  void judge(const task_records& task);
  void judge_spec(const task_records& task, const std::string& name);
  void judge_status(const task_records& task, const std::string& name);
  void judge_attempts(const task_records& task, const std::string& name);
  void judge_lease(const task_records& task, const std::string& name);
  void compare_types();
  void compare_counters();

  shard_view& view_;
  project_scans& scans_;
  const project_number project_;
  finding_list& found_;
  storage::key_maker keys_;
  index_recount indexes_;
  project_summary summary_;
  std::optional<domain::project_counters> counters_;  // as stored
  std::map<sequence, counted_type> types_;
  std::unordered_set<std::string> leased_agents_;
  sequence last_task_{};
};

}  // namespace taskdriver::inspect
