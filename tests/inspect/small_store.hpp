// A data directory with one project that has a task in every state, and ways to damage it.
#pragma once

#include <functional>

#include "domain/changes.hpp"
#include "storage/key_codec.hpp"
#include "storage/payload_codec.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tools/inspect/directory_check.hpp"

namespace taskdriver::inspect::testing {

inline constexpr project_number project_7{7};
inline constexpr std::uint16_t shard_count = 4;
inline constexpr std::int64_t t0 = 1704103200000;  // 2024-01-01T10:00:00Z

/// Where entries are left.
enum class kept_in { state, log };

/// Project 7, "seven", with types 1 and 2 and the tasks of type 1:
///   1 queued, in batch b1     2 queued, one attempt failed     3 running by agent a1
///   4 completed by a1         5 failed by a2 at its second attempt
struct small_store : storage::testing::store_fixture {
  const shard_id home = storage::home_shard(project_7, shard_count);

  /// Makes the directory with the project in it. May be called once.
  void make(kept_in where = kept_in::state);
  /// One more entry, of `shard`; what it does is nobody's business.
  void write_entry(shard_id shard, const std::string& payload, kept_in where = kept_in::state);
  /// The same with changes made well.
  void write_changes(project_number project, const domain::changes& what,
                     kept_in where = kept_in::state);
  /// The directory as verify finds it.
  directory_report check(const check_options& options = {}) const;

  std::uint64_t epoch = 1;

private:
  std::vector<std::uint64_t> last_ = std::vector<std::uint64_t>(shard_count);
};

domain::changes changes_of_project_7();
domain::changes changes_of_directory();
domain::project_counters counters_of_project_7();
domain::task_spec spec_of(std::uint64_t task);
domain::task_progress progress_of(std::uint64_t task);
domain::lease lease_of_task_3();

template <class Record>
std::string encoded(const Record& record);

/// "where: what" of all findings, a line each.
std::string lines_of(const directory_report& report);

}  // namespace taskdriver::inspect::testing
