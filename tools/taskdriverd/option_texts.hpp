// What taskdriverd prints about its options: --help, --version and --print-config.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tools/taskdriverd/options.hpp"

namespace taskdriver::server {

/// By name of option: "flag --http", "default", ...
using option_origins = std::map<std::string_view, std::string>;

std::string version_text();
/// All options in their groups, with `defaults`, the names in the environment, and examples.
std::string help_text(const server_options& defaults);
/// Valid TOML that --config accepts and that gives the same options; secrets are masked.
std::string config_text(const server_options& options, const option_origins& origins);

}  // namespace taskdriver::server
