// What a command is answered with: values that http/ renders as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "domain/cluster_view.hpp"
#include "domain/records.hpp"

namespace taskdriver::domain {

struct project_view {
  project record;
  project_counters counters;
};
struct project_page {
  std::vector<project_view> projects;
  std::size_t limit = 0;
  std::size_t offset = 0;
  bool has_more = false;
  project_number last{};  // for the next cursor
  std::uint64_t total = 0;
};
struct stats_view {
  project_view project;
  std::uint64_t active_agents = 0;
  std::uint64_t completed_last_hour = 0;
  std::uint64_t failed_last_hour = 0;
  double average_duration_s = 0;  // of those completed in the last hour
};
struct type_view {
  object_id project;
  task_type record;
  bool created = false;
};
struct type_list {
  object_id project;
  std::vector<task_type> types;
};

struct task_view {
  object_id project;
  spec_ptr spec;
  progress_ptr progress;
  std::vector<attempt> earlier_attempts;  // ascending; the newest one is in `progress`
};
struct task_page {
  std::vector<task_view> tasks;
  std::size_t limit = 0;
  std::size_t offset = 0;
  bool has_more = false;
  sequence last{};                     // for the next cursor
  std::optional<std::uint64_t> total;  // when it is known without counting
};
struct created_task {
  task_view task;
  bool duplicate = false;  // an existing task under duplicateHandling "ignore"
};
struct bulk_error {
  std::size_t index = 0;
  std::string message;
  std::vector<field_error> fields;
};
struct bulk_view {
  std::vector<task_view> created;
  std::uint64_t skipped = 0;
  std::vector<bulk_error> errors;
  std::string batch_id;
};

/// A grant, new or resumed.
struct claim_view {
  task_view task;
  std::string agent;
  lease_token token{};
};
struct no_task {
  std::string agent;
};

struct agent_view {
  std::string agent;
  object_id task;
  std::int64_t assigned_ms = 0;
  std::int64_t lease_expires_ms = 0;
};
struct agent_list {
  std::vector<agent_view> agents;
};
struct peek_view {
  object_id project;
  std::uint64_t available = 0;
};
struct cleanup_view {
  std::uint64_t reclaimed_tasks = 0;
  std::uint64_t cleaned_agents = 0;
};
struct session_view {
  session record;
  object_id project;
};
/// A login: the session, whose token only the caller knows.
struct login_view {
  session record;
  object_id project;
};
struct done_view {
  std::string message;
};

using reply =
    std::variant<project_view, project_page, stats_view, type_view, type_list, task_view, task_page,
                 created_task, bulk_view, claim_view, no_task, agent_list, peek_view, cleanup_view,
                 session_view, login_view, done_view, cluster_view>;

}  // namespace taskdriver::domain
