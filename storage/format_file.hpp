// The file FORMAT that makes a directory a TaskDriver store, and the checks before anything is
// touched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rocksdb {
class Env;
}

namespace taskdriver::storage {

/// 1: every task has a progress record, every index entry one of its own. 2
/// (format_without_created): no progress record for a task as it was created, see
/// created_progress.hpp. 3 (format_with_groups): most index entries are in groups, see
/// entry_group.hpp.
inline constexpr std::uint32_t format_without_created = 2;
inline constexpr std::uint32_t format_with_groups = 3;
inline constexpr std::uint32_t format_version = 3;

/// What FORMAT says. `store_id` is random, made with the directory and lost with it.
struct store_format {
  std::uint32_t version = format_version;
  std::uint64_t store_id = 0;
  std::uint16_t shard_count = 0;

  bool operator==(const store_format&) const = default;
};

std::string format_text(const store_format& format);
/// nullopt unless `text` is exactly what format_text() makes, of any version.
std::optional<store_format> parse_format(std::string_view text);

/// Paths inside a data directory.
std::string format_path(const std::string& data_dir);
std::string database_path(const std::string& data_dir);
std::string lock_path(const std::string& data_dir);

enum class directory_state {
  fresh,       // empty, or only files that the server puts beside the store
  unfinished,  // a creation was cut off by a crash; nothing was acknowledged from it
  ready,
};

/// Looks at `data_dir`, making it if it is missing, and changes nothing in it.
/// Fails: validation (not empty, and not a TaskDriver directory), forbidden (no permission),
/// internal or unavailable (disk).
result<directory_state> inspect_directory(rocksdb::Env& env, const std::string& data_dir);

/// Reads FORMAT. Fails: internal (damaged), wrong_state (written by a newer version).
result<store_format> read_format(rocksdb::Env& env, const std::string& data_dir);

/// The two steps of a creation: begin before the database is made, finish after. A crash in between
/// leaves directory_state::unfinished.
result<void> begin_format(rocksdb::Env& env, const std::string& data_dir,
                          const store_format& format);
result<void> finish_format(rocksdb::Env& env, const std::string& data_dir);
/// For a database that is complete already: FORMAT appears, or is replaced, at once or not at all;
/// a directory without it is refused rather than made anew.
result<void> write_format(rocksdb::Env& env, const std::string& data_dir,
                          const store_format& format);

}  // namespace taskdriver::storage
