// What is stored of a project: the records that commands change and that storage/ encodes.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "domain/limits.hpp"

namespace taskdriver::domain {

/// JSON text, compact and valid, that the domain only stores and compares. Empty = absent.
using json_text = std::string;
using fingerprint = std::array<std::uint8_t, 16>;
using token_hash = std::array<std::uint8_t, 32>;  // SHA-256
using lease_token = std::array<std::uint8_t, 16>;

enum class project_status : std::uint8_t { active = 1, closed = 2 };

struct project_config {
  std::uint32_t default_max_retries = limits::retries_default;
  std::uint32_t default_lease_s = limits::lease_s_default;
  std::uint32_t reaper_interval_minutes = limits::reaper_minutes_default;
  bool operator==(const project_config&) const = default;
};

struct project {
  object_id id;
  std::string name;
  std::string description;
  std::string instructions;
  project_status status = project_status::active;
  project_config config;
  std::int64_t created_ms = 0;  // wall clock, as all *_ms here
  std::int64_t updated_ms = 0;
  bool operator==(const project&) const = default;
};

/// A place in the queue: lower is served first. `priority` is 128 for every task of today's API.
struct queue_key {
  std::uint8_t priority = 128;
  sequence task{};
  auto operator<=>(const queue_key&) const = default;
};

/// Numbers of one project that always equal a recount of its records (P9).
struct project_counters {
  std::uint64_t queued = 0;
  std::uint64_t running = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t next_task = 1;  // sequences that the next task and type get
  std::uint64_t next_type = 1;
  /// No queued task is before this place: where a scan of the queue may start.
  queue_key queue_head{0, sequence{0}};
  std::uint64_t total() const { return queued + running + completed + failed; }
  bool operator==(const project_counters&) const = default;
};

/// What one minute saw; 60 of them, slot = minute % 60, are the statistics of the last hour.
struct activity_bucket {
  std::uint64_t minute = 0;  // since 1970
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t duration_ms = 0;  // sum over the completed ones, from grant to completion
  bool operator==(const activity_bucket&) const = default;
};

enum class duplicate_handling : std::uint8_t { allow = 1, ignore = 2, fail = 3 };

struct task_type {
  object_id id;
  std::string name;
  std::string template_text;  // empty = none
  std::vector<std::string> variables;
  duplicate_handling duplicates = duplicate_handling::allow;
  std::uint32_t max_retries = limits::retries_default;
  std::uint32_t lease_s = limits::lease_s_default;
  std::int64_t created_ms = 0;
  std::int64_t updated_ms = 0;
  bool operator==(const task_type&) const = default;
};

enum class variable_kind : std::uint8_t { string = 1, number = 2, boolean = 3 };

struct variable {
  std::string name;
  variable_kind kind = variable_kind::string;
  /// The string itself, or the number's or boolean's JSON text.
  std::string text;
  auto operator<=>(const variable&) const = default;
};

/// What a task is: written at creation, and by an update while it is not running.
struct task_spec {
  object_id id;
  object_id type_id;
  std::string instructions;
  std::vector<variable> variables;  // sorted by name, names unique
  std::string batch_id;             // empty = none
  std::uint32_t max_retries = 0;
  std::int64_t created_ms = 0;
  bool operator==(const task_spec&) const = default;
};

enum class task_status : std::uint8_t { queued = 1, running = 2, completed = 3, failed = 4 };
enum class attempt_status : std::uint8_t { running = 1, completed = 2, failed = 3, timeout = 4 };

/// How far a task is. The newest attempt is described here; earlier ones are `attempt` records.
///
///   create --> queued --grant--> running --complete--> completed
///                ^                  |  \--fail, or lease ran out, no retry left--> failed
///                +--fail, or lease--+
///                   ran out, retry
struct task_progress {
  task_status status = task_status::queued;
  std::uint32_t retry_count = 0;
  std::uint64_t lease_epoch = 0;  // number of grants so far = number of the newest attempt
  attempt_status last_attempt = attempt_status::running;  // meaningless while lease_epoch is 0
  std::string assigned_to;       // holder, or who finished it; empty while queued
  std::int64_t assigned_ms = 0;  // 0 = absent, as for the other times
  std::int64_t lease_expires_ms = 0;
  json_text result;
  json_text outputs;
  std::string error;
  std::int64_t updated_ms = 0;
  std::int64_t completed_ms = 0;
  std::int64_t failed_ms = 0;
  bool operator==(const task_progress&) const = default;
};

/// Of a task to which nothing has happened.
inline task_progress progress_as_created(const task_spec& spec) {
  return {.updated_ms = spec.created_ms};
}

/// An attempt that ended with the task going back to the queue.
struct attempt {
  std::uint64_t number = 0;  // the lease epoch of its grant
  std::string agent;
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;
  attempt_status status = attempt_status::failed;
  std::string error;
  bool operator==(const attempt&) const = default;
};

/// The right of one agent to one task until a time. Stored so that any node can resume it.
struct lease {
  sequence task{};
  std::string agent;
  lease_token token{};
  std::uint64_t epoch = 0;
  std::int64_t duration_ms = 0;  // a new primary restarts the lease with all of it (P6)
  std::int64_t granted_ms = 0;
  std::int64_t expires_ms =
      0;  // wall clock, for display; the deadline itself is on the steady clock
  bool operator==(const lease&) const = default;
};

struct session {
  token_hash token{};
  std::string id;
  std::string agent;
  std::uint32_t incarnation = 1;  // higher than of the agent's earlier sessions that still exist
  std::int64_t created_ms = 0;
  std::int64_t expires_ms = 0;
  std::int64_t last_activity_ms = 0;  // stored at login and extension, kept in memory between
  bool operator==(const session&) const = default;
};

enum class directory_state : std::uint8_t { creating = 1, active = 2, deleting = 3 };

/// What shard 0 knows of a project.
struct directory_entry {
  object_id id;
  std::string name;
  directory_state state = directory_state::creating;
  project_status status = project_status::active;  // a copy, for filtered lists
  bool operator==(const directory_entry&) const = default;
};

using spec_ptr = std::shared_ptr<const task_spec>;
using progress_ptr = std::shared_ptr<const task_progress>;

}  // namespace taskdriver::domain
