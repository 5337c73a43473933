// Goes through a data directory shard by shard, then through what no shard may have.
#include "tools/inspect/directory_check.hpp"

#include "base/text.hpp"
#include "storage/rocksdb_errors.hpp"
#include "tools/inspect/shard_recount.hpp"

namespace taskdriver::inspect {
namespace {

/// The server's key that keeps the memtable from being empty (docs/storage_format.md).
constexpr std::string_view keeper_key = "\xff\xff\xff";

class directory_checker {
public:
  directory_checker(data_directory& directory, const check_options& options)
      : directory_(directory), options_(options) {
    report_.path = directory.path;
    report_.format = directory.store->format;
    report_.in_use = directory.in_use;
    report_.found = directory.found;
  }

  directory_report run() {
    for (std::uint16_t n = 0; n < report_.format.shard_count; ++n)
      if (directory_.positions[n]) check_shard(shard_id{n}, *directory_.positions[n]);
    check_behind_shards();
    check_directory_of_projects();
    return std::move(report_);
  }

private:
  std::uint64_t index_to_check(shard_id shard, const storage::shard_position& at) const {
    const auto& chosen = options_.up_to;
    return chosen.size() > raw(shard) && chosen[raw(shard)] ? *chosen[raw(shard)] : at.last_index;
  }

  void check_shard(shard_id shard, const storage::shard_position& at) {
    shard_view view(*directory_.store, shard);
    if (options_.on_progress)
      view.on_read = [this, shard](std::uint64_t read) { options_.on_progress(shard, read); };
    shard_report report;
    report.shard = shard;
    report.at = at;
    report.checked_index = index_to_check(shard, at);
    at_end_ = at_end_ && report.checked_index == at.last_index;
    if (auto added = view.add_log(at, report.checked_index); !added)
      return unreadable(shard, added.error());
    auto contents = recount_shard(view, report_.found);
    if (!contents) return unreadable(shard, contents.error());
    report.projects = contents->projects.size();
    report.tasks = contents->tasks;
    report.records = contents->records;
    if (options_.checksums) {
      auto sum = checksum_of(view);
      if (!sum) return unreadable(shard, sum.error());
      report.checksum = *sum;
    }
    report_.shards.push_back(report);
    keep(std::move(*contents));
  }

  void keep(shard_contents contents) {
    std::move(contents.projects.begin(), contents.projects.end(), std::back_inserter(projects_));
    if (!contents.directory.entries.empty() || contents.directory.next_project > 1)
      projects_directory_ = std::move(contents.directory);
  }

  void unreadable(shard_id shard, const error_info& why) {
    report_.found.push_back({name_of(shard), why.text});
  }

  /// Keys of `state` that no shard has.
  void check_behind_shards() {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> it(
        directory_.store->db().NewIterator(options, directory_.store->state));
    finding_list found;
    for (it->Seek(storage::shard_range_begin(shard_id{report_.format.shard_count})); it->Valid();
         it->Next()) {
      const std::string_view key = it->key().ToStringView();
      found.expect(key == keeper_key, "key " + to_hex(key) + " is in no shard");
    }
    if (!it->status().ok())
      found.add(storage::to_error(it->status(), "reading what is behind the shards").text);
    found.move_to(report_.found, "behind all shards");
  }

  void check_directory_of_projects() {
    if (directory_.cluster_member && !options_.single) {
      report_.notes.push_back(
          "a node of a cluster, or a copy of one: its shards are not of one moment, so the "
          "directory of projects is"
          " not held against them");
      return;
    }
    if (!at_end_) {
      report_.notes.push_back(
          "looked at where all copies can be compared, so the directory of projects is not held"
          " against the shards");
      return;
    }
    if (report_.shards.size() != report_.format.shard_count) {
      report_.notes.push_back(
          "the directory of projects is not held against shards that cannot be read");
      return;
    }
    report_.directory_checked = true;
    finding_list found;
    compare_directory(projects_directory_, projects_, found);
    found.move_to(report_.found, "directory");
  }

  data_directory& directory_;
  const check_options& options_;
  directory_report report_;
  bool at_end_ = true;  // every shard was looked at after its last entry
  std::vector<project_summary> projects_;
  directory_records projects_directory_;
};

}  // namespace

directory_report check_directory(data_directory& directory, const check_options& options) {
  return directory_checker(directory, options).run();
}

}  // namespace taskdriver::inspect
