// Keys of the column family `state`: shard, project, kind, and what tells records of a kind apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/records.hpp"

namespace taskdriver::storage {

/// The sixth byte of a key. A number is never used for anything else; docs/storage_format.md lists
/// what follows it.
enum class record_kind : std::uint8_t {
  applied = 0,  // project 0 only, written by the engine
  project = 1,
  counters = 2,
  activity = 3,
  type = 4,
  type_tasks = 5,
  spec = 6,
  progress = 7,
  attempt = 8,
  queue = 9,
  lease = 10,
  by_finished = 11,
  by_batch = 12,
  by_agent = 13,
  by_type = 14,
  duplicate = 15,
  session = 16,
  duplicates_end = 17,
  directory_entry = 32,  // project 0 of shard 0 only, as the next
  next_project = 33,
};

/// The shard of a project; the directory (project 0) is always in shard 0.
shard_id home_shard(project_number project, std::uint16_t shard_count);

/// Builds keys of one project in a buffer of its own that each call overwrites; what a call returns
/// is valid until the next one.
class key_maker {
public:
  key_maker(shard_id shard, project_number project);

  /// Nothing but shard and project: the start of everything in the project.
  std::string_view project_start();
  /// Behind everything in the project.
  std::string_view project_end();
  /// Records of which a project has one, and the start of all others of a kind.
  std::string_view kind(record_kind kind);

  std::string_view activity(std::uint64_t minute);
  std::string_view type(record_kind kind, sequence type);
  std::string_view task(record_kind kind, sequence task);
  std::string_view attempt(sequence task, std::uint64_t number);
  std::string_view queue(domain::queue_key place);
  std::string_view finished(domain::task_status status, sequence task);
  /// `name` is a batch id or an agent name, up to 255 bytes.
  std::string_view named(record_kind kind, std::string_view name, sequence task);
  std::string_view of_type(sequence type, sequence task);
  std::string_view duplicate(sequence type, const domain::fingerprint& print, sequence task);
  std::string_view session(const domain::token_hash& token);
  std::string_view directory_entry(project_number project);

private:
  std::string key_;
};

/// The range of a shard in `state`: its first possible key, and the first one behind it.
std::string shard_range_begin(shard_id shard);
std::string shard_range_end(shard_id shard);
/// The kind of a key of `state`. `applied` for one that is too short.
record_kind kind_of(std::string_view key);
/// The same key but for its kind. `key` must have one.
std::string with_kind(std::string_view key, record_kind kind);
/// The project that a key of `state` names. 0 for one that is too short.
project_number project_of(std::string_view key);
/// The last 6 bytes of `key`: the task that an index entry or record of a task is about.
sequence task_of(std::string_view key);
/// The key of the group (entry_group.hpp) to which an index entry belongs, or which `key` is, if it
/// begins with one. Empty for kinds that have no groups.
std::string_view group_of(std::string_view key);
bool is_group(std::string_view key);
/// Whether it is the key of an index entry that has a group.
bool is_grouped(std::string_view key);
/// The place that a key of kind queue names. nullopt unless it is one.
std::optional<domain::queue_key> queue_place(std::string_view key);
/// The first key that does not start with `prefix`; for upper bounds of scans.
std::string after_prefix(std::string_view prefix);

}  // namespace taskdriver::storage
