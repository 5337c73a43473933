// Waiting for what a change leads to: asking again until it is there, and saying how far it is.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "tools/tdctl/admin_client.hpp"
#include "tools/tdctl/console.hpp"

namespace CLI {
class App;
}

namespace taskdriver::tdctl {

struct wait_options {
  bool wait = false;
  double seconds = 600;

  void add_options(CLI::App& to, const char* until);
};

/// What is left to do, as people read it; nullopt when it is done.
using progress = std::function<std::optional<std::string>(const nlohmann::json& data)>;

/// Asks for `path` twice a second until `left` is done; every new answer of `left` is a line on
/// `to.out`. A node that does not answer meanwhile is asked again. The exit code.
int wait_until(admin_client& server, const std::string& path, const progress& left, double seconds,
               const console& to);

}  // namespace taskdriver::tdctl
