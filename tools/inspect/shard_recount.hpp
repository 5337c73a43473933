// All that is in one shard's range of `state`: its projects one after the other, and the directory.
#pragma once

#include "domain/records.hpp"
#include "tools/inspect/project_recount.hpp"

namespace taskdriver::inspect {

/// What the directory of shard 0 says.
struct directory_records {
  std::map<project_number, domain::directory_entry> entries;
  std::uint32_t next_project = 1;
};

struct shard_contents {
  std::vector<project_summary> projects;
  std::uint64_t tasks = 0;
  std::uint64_t records = 0;
  directory_records directory;  // shard 0 only
};

/// Reads and recounts the whole shard. Fails: internal (bad checksum); `found` has what was found
/// until then.
result<shard_contents> recount_shard(shard_view& view, std::vector<finding>& found);

/// The checksum of docs/storage_format.md over the shard's records, but for progress records that
/// say nothing (storage/created_progress.hpp): not every copy has them. Fails: internal (bad
/// checksum).
result<std::uint64_t> checksum_of(shard_view& view);

/// Holds the directory against the projects of all shards of a node that has them all.
void compare_directory(const directory_records& directory,
                       const std::vector<project_summary>& projects, finding_list& found);

/// "shard 3"
std::string name_of(shard_id shard);

}  // namespace taskdriver::inspect
