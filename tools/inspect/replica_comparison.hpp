// Several data directories of one cluster: whether the copies of each shard are equal.
#pragma once

#include "tools/inspect/directory_check.hpp"

namespace taskdriver::inspect {

/// What became of a shard of which two or more directories have a copy.
struct shard_comparison {
  enum class verdict { equal, different, incomparable };

  shard_id shard{};
  verdict outcome = verdict::incomparable;
  std::uint64_t index = 0;  // the entry after which they were compared
  std::vector<std::string> paths;
  std::string why;  // unless equal
};

/// By shard, the last entry that every copy has the state after: on disk, or with its log. nullopt
/// where there is none, or no copies.
///
///   copy 1   applied=====.............last        dots: entries that the state does not have yet
///   copy 2        applied====.....last
///                              ^ here, if the entry there is of one epoch in both
std::vector<std::optional<std::uint64_t>> comparable_indexes(
    const std::vector<data_directory>& directories);

/// Of reports with checksums, looked at after comparable_indexes().
std::vector<shard_comparison> compare_replicas(
    const std::vector<directory_report>& reports,
    const std::vector<std::optional<std::uint64_t>>& indexes);

}  // namespace taskdriver::inspect
