// What a decision does to the records of one project: the content of a log entry, applied blindly.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "domain/records.hpp"

namespace taskdriver::domain {

struct put_project {
  project record;
};
/// Removes every record of the project, whatever its kind.
struct delete_project {};
struct put_counters {
  project_counters record;
};
struct put_activity {
  activity_bucket record;
};  // slot = minute % 60
struct put_type {
  task_type record;
};
struct put_type_tasks {
  sequence type{};
  std::uint64_t tasks = 0;
};  // tasks of that type that exist
/// Where the index of duplicates ends, see duplicate_index.hpp; nullopt: nowhere.
struct put_duplicates_end {
  sequence type{};
  std::optional<sequence> end;
};
struct delete_type {
  sequence type{};
};  // with its put_type_tasks and put_duplicates_end

struct put_spec {
  spec_ptr record;
};
struct put_progress {
  sequence task{};
  progress_ptr record;
};
struct put_attempt {
  sequence task{};
  attempt record;
};
struct delete_task {
  sequence task{};
};  // spec, progress and attempts; indexes are listed beside it

struct put_lease {
  lease record;
};
struct delete_lease {
  sequence task{};
};

struct put_session {
  session record;
};
struct delete_session {
  token_hash token{};
};

/// Indexes. `add` false removes the entry.
struct index_queued {
  queue_key key;
  bool add = true;
};
struct index_finished {
  task_status status{};
  sequence task{};
  bool add = true;
};
struct index_batch {
  std::string batch_id;
  sequence task{};
  bool add = true;
};
struct index_agent {
  std::string agent;
  sequence task{};
  bool add = true;
};
struct index_type {
  sequence type{};
  sequence task{};
  bool add = true;
};
struct index_duplicate {
  sequence type{};
  fingerprint print{};
  sequence task{};
  bool add = true;
};

/// The directory, project number 0.
struct put_directory_entry {
  directory_entry record;
};
struct delete_directory_entry {
  project_number project{};
};
struct put_next_project {
  std::uint32_t number = 1;
};

using change =
    std::variant<put_project, delete_project, put_counters, put_activity, put_type, put_type_tasks,
                 put_duplicates_end, delete_type, put_spec, put_progress, put_attempt, delete_task,
                 put_lease, delete_lease, put_session, delete_session, index_queued, index_finished,
                 index_batch, index_agent, index_type, index_duplicate, put_directory_entry,
                 delete_directory_entry, put_next_project>;

/// Applied in order, all or nothing.
using changes = std::vector<change>;

}  // namespace taskdriver::domain
