// The store of the domain's tests: applied changes in maps, and a recount of them by promise P9.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "domain/changes.hpp"
#include "domain/record_source.hpp"

namespace taskdriver::domain {

/// All records and index entries of one project, one map or set per kind.
struct project_records {
  std::map<sequence, project> project_record;         // at most one, under 0
  std::map<sequence, project_counters> counters;      // likewise
  std::map<std::uint64_t, activity_bucket> activity;  // by slot
  std::map<sequence, task_type> types;
  std::map<sequence, std::uint64_t> type_tasks;
  std::map<sequence, sequence> duplicates_end;  // by type

  std::map<sequence, task_spec> specs;
  std::map<sequence, task_progress> progress;
  std::map<std::pair<sequence, std::uint64_t>, attempt> attempts;  // by task and number
  std::map<sequence, lease> leases;
  std::map<token_hash, session> sessions;

  std::set<queue_key> queued;
  std::set<std::pair<task_status, sequence>> finished;
  std::set<std::pair<std::string, sequence>> batches;
  std::set<std::pair<std::string, sequence>> agents;
  std::set<std::pair<sequence, sequence>> by_type;  // type, task
  std::set<std::tuple<sequence, fingerprint, sequence>> prints;

  bool operator==(const project_records&) const = default;
};

/// A record_source that holds in memory what apply() was given, project 0 being the directory.
/// Stands in for storage/ wherever RocksDB itself is not under test.
///
/// Thread: one at a time, no locking inside. Copies are independent of each other.
class memory_records final : public record_source {
public:
  /// In order, all or nothing. A second entry where only one may be, or the removal of an entry
  /// that is not there, is carried out like RocksDB would: it leaves no trace.
  void apply(project_number p, const changes& what);

  /// What differs between the project's records and what they should be by each other: one line
  /// each; none when P9 holds. A project without a record must not have any other record either.
  std::vector<std::string> recount(project_number p) const;

  /// Empty if nothing was ever stored.
  const project_records& records(project_number p) const;
  bool operator==(const memory_records& other) const;

  std::optional<project> load_project(project_number p) const override;
  project_counters load_counters(project_number p) const override;
  std::vector<activity_bucket> load_activity(project_number p) const override;
  std::vector<stored_type> load_types(project_number p) const override;
  std::vector<lease> load_leases(project_number p) const override;
  std::vector<session> load_sessions(project_number p) const override;
  spec_ptr load_spec(project_number p, sequence task) const override;
  progress_ptr load_progress(project_number p, sequence task) const override;
  std::vector<attempt> load_attempts(project_number p, sequence task) const override;
  std::vector<queue_key> scan_queue(project_number p, queue_key from, bool exclusive,
                                    std::size_t limit) const override;
  std::vector<sequence> scan_duplicates(project_number p, sequence type, const fingerprint& print,
                                        std::size_t limit) const override;
  std::vector<sequence> scan_tasks(project_number p, const task_index& index, sequence after,
                                   std::size_t limit) const override;
  /// By the default number of shards.
  std::vector<project_number> projects_in(shard_id shard) const override;
  std::vector<directory_entry> load_directory() const override;
  std::uint32_t load_next_project() const override { return next_project_; }

private:
  friend class memory_applier;

  std::map<project_number, project_records> projects_;
  std::map<project_number, directory_entry> directory_;
  std::uint32_t next_project_ = 1;
};

/// memory_records::recount for records alone.
std::vector<std::string> recount(const project_records& records);

}  // namespace taskdriver::domain
