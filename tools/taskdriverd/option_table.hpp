// The list of options: flags, environment, file, --help and --print-config are all made from it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/taskdriverd/option_values.hpp"

namespace taskdriver::server {

/// How a value is written in a TOML file.
enum class value_kind {
  text,    // a string
  number,  // an integer
  list,    // an array of strings, or one string with commas
  flag,    // true or false; the flag without a value means true
};

struct option_row {
  std::string_view group;       // heading in --help
  std::string_view name;        // "data-dir": flag --data-dir, key data-dir in a file
  std::string_view value_name;  // in --help: "DIR"
  std::string_view help;        // lines of at most 70 columns
  value_kind kind = value_kind::text;
  /// Checks `text` and stores it in the options; an objection stores nothing.
  objection (*set)(server_options& options, std::string_view text) = nullptr;
  /// The value as `set` reads it; nullopt = not set.
  std::optional<std::string> (*get)(const server_options& options) = nullptr;
};

/// In the order of --help, groups together.
std::span<const option_row> option_rows();
/// nullptr if there is none of that name.
const option_row* find_option(std::string_view name);
/// "TASKDRIVER_DATA_DIR" for "data-dir".
std::string environment_name(std::string_view option);

inline constexpr std::string_view admin_token_variable = "TASKDRIVER_ADMIN_TOKEN";
inline constexpr std::string_view etcd_password_variable = "TASKDRIVER_ETCD_PASSWORD";
inline constexpr std::string_view config_variable = "TASKDRIVER_CONFIG";

}  // namespace taskdriver::server
