// Chooses where copies can be compared, and compares their checksums there.
#include "tools/inspect/replica_comparison.hpp"

#include <algorithm>

namespace taskdriver::inspect {
namespace {

using copies = std::vector<const storage::shard_position*>;

/// A directory that never had an entry of the shard has no copy of it.
bool has_copy(const storage::shard_position& at) {
  return at.last_index > 0;
}

copies copies_of(const std::vector<data_directory>& directories, std::uint16_t shard) {
  copies found;
  for (const data_directory& directory : directories) {
    if (shard >= directory.positions.size()) continue;
    const auto& at = directory.positions[shard];
    if (at && has_copy(*at)) found.push_back(&*at);
  }
  return found;
}

/// The first entry of the run that `index` is in.
std::uint64_t run_start(const storage::shard_position& at, std::uint64_t index) {
  std::uint64_t start = 0;
  for (const storage::epoch_run& run : at.runs)
    if (run.first_index <= index) start = run.first_index;
  return start;
}

/// Logs that have an entry of the same epoch at an index are equal up to there. Where they differ,
/// the copy with the higher epoch tells where its own entries began: before that they may agree.
std::optional<std::uint64_t> common_index(const copies& all) {
  std::uint64_t lowest = 0, index = ~std::uint64_t{0};
  for (const auto* at : all) {
    lowest = std::max(lowest, at->applied_index);
    index = std::min(index, at->last_index);
  }
  while (index >= lowest && index > 0) {
    const auto by_epoch = [index](const auto* a, const auto* b) {
      return epoch_of(*a, index) < epoch_of(*b, index);
    };
    const auto [low, high] = std::minmax_element(all.begin(), all.end(), by_epoch);
    if (epoch_of(**low, index) == epoch_of(**high, index)) return index;
    const std::uint64_t start = run_start(**high, index);
    if (start == 0) return std::nullopt;
    index = start - 1;
  }
  return std::nullopt;
}

std::string hex16(std::uint64_t number) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return digits;
}

using shard_copy = std::pair<std::string, const shard_report*>;

std::string positions_text(const std::vector<shard_copy>& all) {
  std::string text;
  for (const auto& [path, report] : all)
    text += (text.empty() ? "" : "; ") + path + ": state after entry " +
            std::to_string(report->at.applied_index) + ", log up to " +
            std::to_string(report->at.last_index);
  return text;
}

shard_comparison compare(shard_id shard, const std::vector<shard_copy>& all,
                         std::optional<std::uint64_t> index) {
  shard_comparison made;
  made.shard = shard;
  for (const auto& [path, _] : all) made.paths.push_back(path);
  if (!index) {
    made.why = "no entry after which both states are known (" + positions_text(all) + ")";
    return made;
  }
  made.index = *index;
  made.outcome = shard_comparison::verdict::equal;
  for (const auto& [path, report] : all) {
    if (report->checksum == all.front().second->checksum) continue;
    made.outcome = shard_comparison::verdict::different;
  }
  if (made.outcome == shard_comparison::verdict::equal) return made;
  for (const auto& [path, report] : all)
    made.why += (made.why.empty() ? "" : "; ") + path + ": " + hex16(report->checksum.value_or(0)) +
                ", " + std::to_string(report->records) + " records";
  return made;
}

}  // namespace

std::vector<std::optional<std::uint64_t>> comparable_indexes(
    const std::vector<data_directory>& directories) {
  std::size_t shards = 0;
  for (const auto& directory : directories) shards = std::max(shards, directory.positions.size());
  std::vector<std::optional<std::uint64_t>> indexes(shards);
  for (std::uint16_t shard = 0; shard < shards; ++shard) {
    const copies found = copies_of(directories, shard);
    if (found.size() > 1) indexes[shard] = common_index(found);
  }
  return indexes;
}

std::vector<shard_comparison> compare_replicas(
    const std::vector<directory_report>& reports,
    const std::vector<std::optional<std::uint64_t>>& indexes) {
  std::vector<shard_comparison> made;
  for (std::uint16_t n = 0; n < indexes.size(); ++n) {
    std::vector<shard_copy> all;
    for (const directory_report& report : reports)
      for (const shard_report& shard : report.shards)
        if (shard.shard == shard_id{n} && has_copy(shard.at)) all.emplace_back(report.path, &shard);
    if (all.size() > 1) made.push_back(compare(shard_id{n}, all, indexes[n]));
  }
  return made;
}

}  // namespace taskdriver::inspect
