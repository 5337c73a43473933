// The index entries of a project against those that its tasks imply, in memory that does not grow
// with them.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>

#include "domain/records.hpp"
#include "tools/inspect/findings.hpp"
#include "tools/inspect/key_parts.hpp"
#include "tools/inspect/shard_view.hpp"

namespace taskdriver::inspect {

/// Equal for equal sets of keys in whatever order they are added, and for others as good as never.
class key_set_sum {
public:
  void add(std::string_view key);
  std::uint64_t count() const { return count_; }
  bool operator==(const key_set_sum&) const = default;

private:
  std::uint64_t count_ = 0;
  std::uint64_t first_ = 0;
  std::uint64_t second_ = 0;
};

/// Adds up what is there and what should be; only where the two differ are single keys looked up.
///
///   imply() for every task --> count_stored() --> compare(), which names what differs
///
/// Thread: one.
class index_recount {
public:
  using key_user = std::function<void(storage::record_kind, std::string_view)>;

  index_recount(shard_view& view, project_number project);

  /// Before any task: those of `type` from `end` on need no entry in the index of duplicates. A
  /// primary of an earlier version may have entered some.
  void leave_out(sequence type, sequence end) { duplicates_end_[type] = end; }
  /// The records of one task, once for each.
  void imply(sequence task, const domain::task_spec& spec, const domain::task_progress& progress);
  /// Reads all indexes. Fails: internal (bad checksum).
  result<void> count_stored(view_scan& scan, finding_list& found);
  /// Fails: internal (bad checksum).
  result<void> compare(view_scan& scan, finding_list& found);

  /// The first place in the stored queue.
  const std::optional<domain::queue_key>& first_queued() const { return first_queued_; }

private:
  static constexpr std::array kinds{
      storage::record_kind::queue,    storage::record_kind::by_finished,
      storage::record_kind::by_batch, storage::record_kind::by_agent,
      storage::record_kind::by_type,  storage::record_kind::duplicate};
  struct sums {
    key_set_sum implied, stored;
  };

  bool is_left_out(sequence type, sequence task) const;
  sums& of(storage::record_kind kind);
  void implied_keys(sequence task, const domain::task_spec& spec,
                    const domain::task_progress& progress, const key_user& use);
  result<void> name_missing(storage::record_kind kind, view_scan& scan, finding_list& found);
  result<void> name_surplus(storage::record_kind kind, view_scan& scan, finding_list& found);
  result<bool> is_implied(storage::record_kind kind, std::string_view key, sequence task);
  template <class Record>
  result<std::optional<Record>> load(storage::record_kind kind, sequence task);
  result<std::optional<domain::task_progress>> load_progress(sequence task,
                                                             const domain::task_spec& spec);

  shard_view& view_;
  storage::key_maker keys_;                      // of what is implied
  storage::key_maker lookup_;                    // of records, while a key of keys_ is in use
  std::map<sequence, sequence> duplicates_end_;  // by type
  std::array<sums, kinds.size()> sums_;
  std::optional<domain::queue_key> first_queued_;
};

}  // namespace taskdriver::inspect
