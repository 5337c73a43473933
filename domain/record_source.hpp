// How decisions read stored records: point reads and bounded scans of one project at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "domain/records.hpp"

namespace taskdriver::domain {

struct stored_type {
  task_type record;
  std::uint64_t tasks = 0;
  /// Tasks from here on are not in the index of duplicates; nullopt: all are.
  std::optional<sequence> duplicates_end = {};

  /// The type asks for duplicates, and the index does not have all tasks yet (duplicate_index.hpp).
  bool catches_up() const {
    return duplicates_end && record.duplicates != duplicate_handling::allow;
  }
};

struct stored_task {
  sequence task{};
  spec_ptr spec;
  progress_ptr progress;
};

/// Which index a scan of tasks walks; every one is in creation order.
struct by_creation {};
struct by_queue {};
struct by_lease {};
struct by_finished {
  task_status status{};
};
struct by_batch {
  std::string batch_id;
};
struct by_agent {
  std::string agent;
};
struct by_type {
  sequence type{};
};
using task_index =
    std::variant<by_creation, by_queue, by_lease, by_finished, by_batch, by_agent, by_type>;

/// The applied state of the shards of this node. Implemented by storage/, faked in tests.
/// Sees what was applied, not what is still being committed: callers overlay that.
/// Thread: any. Fails: a damaged or unreadable record ends the process; absent is nullopt or empty.
class record_source {
public:
  virtual ~record_source() = default;

  virtual std::optional<project> load_project(project_number p) const = 0;
  virtual project_counters load_counters(project_number p) const = 0;
  virtual std::vector<activity_bucket> load_activity(project_number p) const = 0;
  virtual std::vector<stored_type> load_types(project_number p) const = 0;
  virtual std::vector<lease> load_leases(project_number p) const = 0;
  virtual std::vector<session> load_sessions(project_number p) const = 0;

  virtual spec_ptr load_spec(project_number p, sequence task) const = 0;          // null = absent
  virtual progress_ptr load_progress(project_number p, sequence task) const = 0;  // null = absent
  /// Those of `tasks` (ascending) that exist, in order; ends early when they reach `bytes_max`.
  virtual std::vector<stored_task> load_tasks(project_number p, std::span<const sequence> tasks,
                                              std::size_t bytes_max) const;
  virtual std::vector<attempt> load_attempts(project_number p, sequence task) const = 0;

  /// Queued places ≥ `from` (> `from` if `exclusive`), ascending, at most `limit`.
  virtual std::vector<queue_key> scan_queue(project_number p, queue_key from, bool exclusive,
                                            std::size_t limit) const = 0;
  /// Tasks with this type and fingerprint, at most `limit`.
  virtual std::vector<sequence> scan_duplicates(project_number p, sequence type,
                                                const fingerprint& print,
                                                std::size_t limit) const = 0;
  /// Sequences > `after` in `index`, ascending, at most `limit`.
  virtual std::vector<sequence> scan_tasks(project_number p, const task_index& index,
                                           sequence after, std::size_t limit) const = 0;

  /// All projects of a shard that have any record, ascending: what a new primary has to look
  /// after. The cost grows with their number, not with their records.
  virtual std::vector<project_number> projects_in(shard_id shard) const = 0;

  virtual std::vector<directory_entry> load_directory() const = 0;
  virtual std::uint32_t load_next_project() const = 0;  // 1 when never written
};

}  // namespace taskdriver::domain
