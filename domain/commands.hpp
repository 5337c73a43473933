// What can be asked of a project: one struct per API operation, already checked field by field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "domain/record_source.hpp"
#include "domain/records.hpp"

namespace taskdriver::domain {

// Ids, tokens and random numbers come in with the command, so that deciding is deterministic.

// --- projects ---------------------------------------------------------------------------------
struct create_project {
  object_id id;  // the directory has handed out its number
  std::string name;
  std::string description;
  std::string instructions;
  project_config config;
};
struct config_update {
  std::optional<std::uint32_t> default_max_retries;
  std::optional<std::uint32_t> default_lease_s;
  std::optional<std::uint32_t> reaper_interval_minutes;
};
struct update_project {
  std::optional<std::string> description;
  std::optional<std::string> instructions;
  std::optional<project_status> status;
  config_update config;
};
struct remove_project {};
struct get_project {};
struct get_stats {};

// --- task types -------------------------------------------------------------------------------
struct create_type {
  std::uint64_t random = 0;  // for the id
  std::string name;
  std::string template_text;
  std::optional<std::vector<std::string>> variables;  // absent: derived from the template
  duplicate_handling duplicates = duplicate_handling::allow;
  std::optional<std::uint32_t> max_retries;  // absent: the project's
  std::optional<std::uint32_t> lease_s;
};
struct update_type {
  object_id id;
  std::optional<std::string> name;
  std::optional<std::string> template_text;
  std::optional<std::vector<std::string>> variables;
  std::optional<duplicate_handling> duplicates;
  std::optional<std::uint32_t> max_retries;
  std::optional<std::uint32_t> lease_s;
};
struct remove_type {
  object_id id;
};
struct get_type {
  object_id id;
};
struct list_types {};

// --- tasks ------------------------------------------------------------------------------------
struct new_task {
  std::uint64_t random = 0;
  object_id type_id;
  std::string instructions;         // empty: filled from the type's template
  std::vector<variable> variables;  // sorted by name
  std::string batch_id;
};
struct create_task {
  new_task task;
};
/// An item of a bulk request that could be read, with its place in the request.
struct bulk_item {
  std::size_t index = 0;
  new_task task;
};
struct create_tasks {
  std::vector<bulk_item> items;  // ascending index
  std::string batch_id;          // echoed in the answer; items carry their own
};
struct update_task {
  object_id id;
  std::optional<std::string> instructions;
  std::optional<std::vector<variable>> variables;
};
struct remove_task {
  object_id id;
};
struct get_task {
  object_id id;
};
struct list_tasks {
  std::optional<task_status> status;
  std::optional<std::string> assigned_to;
  std::optional<std::string> batch_id;
  std::optional<object_id> type_id;
  std::size_t limit = limits::list_limit_default;
  std::size_t offset = 0;
  sequence after{};  // from the cursor; 0 = from the start
};

// --- queue and leases -------------------------------------------------------------------------
struct next_task {
  std::string agent;
  std::string project_ref;  // as the body named it; empty = not named
  lease_token token{};      // for a new grant
  int wait_s = 0;           // 0–60
};
/// Proof of holding that a client may add: checked when present.
struct lease_proof {
  std::optional<lease_token> token;
  std::optional<std::uint64_t> epoch;
};
struct complete_task {
  object_id id;
  std::string agent;
  lease_proof proof;
  json_text result;
  json_text outputs;
};
struct fail_task {
  object_id id;
  std::string agent;
  lease_proof proof;
  std::string error;
  bool can_retry = true;
};
struct extend_lease {
  object_id id;
  std::string agent;
  lease_proof proof;
  std::int64_t extension_ms = 0;  // > 0
};
struct cleanup_leases {};
struct peek_next_task {};
struct list_agents {};

// --- sessions ---------------------------------------------------------------------------------
struct login {
  std::string agent;
  token_hash token{};
  std::string session_id;
  std::int64_t lifetime_ms = 0;
  bool allow_multiple = false;
  bool resume_existing = false;
};
struct logout {};
struct get_session {};
struct extend_session {
  std::int64_t extend_ms = 0;
};

using command =
    std::variant<create_project, update_project, remove_project, get_project, get_stats,
                 create_type, update_type, remove_type, get_type, list_types, create_task,
                 create_tasks, update_task, remove_task, get_task, list_tasks, next_task,
                 complete_task, fail_task, extend_lease, cleanup_leases, peek_next_task,
                 list_agents, login, logout, get_session, extend_session>;

/// Asked of the directory (shard 0) or of several projects; see actors/directory_actor.hpp.
struct list_projects {
  std::optional<project_status> status = project_status::active;  // nullopt = all
  std::size_t limit = limits::list_limit_default;
  std::size_t offset = 0;
  project_number after{};  // from the cursor
};

}  // namespace taskdriver::domain
