// Where option values come from: the command line (CLI11) and a TOML file (toml++), as plain text.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "tools/taskdriverd/option_table.hpp"

namespace taskdriver::server {

/// One value given for one option.
struct setting {
  const option_row* option = nullptr;
  std::string text;
  std::string origin;  // "flag --http", "environment variable TASKDRIVER_HTTP", "td.toml:3"
};

struct settings {
  std::vector<setting> values;
  std::vector<std::string> errors;  // one line each
};

struct command_line {
  settings given;
  std::optional<std::string> config_file;
  bool help = false;
  bool version = false;
  bool print_config = false;
};

/// Never puts a value of an unknown flag into an error: it might be a secret.
command_line read_command_line(const std::vector<std::string>& arguments);

/// Unknown keys and values of the wrong type are errors that name key and line.
settings read_config_file(const std::string& path);

/// "shards: must be ..., got "0" (flag --shards)"
std::string wrong_value(std::string_view option, std::string_view rule, std::string_view value,
                        std::string_view origin);

}  // namespace taskdriver::server
