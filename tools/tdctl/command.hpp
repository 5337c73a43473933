// A command of tdctl: its name, its options, and the action that they lead to.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "tools/tdctl/console.hpp"

namespace CLI {
class App;
}

namespace taskdriver::tdctl {

/// What to do once the options are parsed; returns the exit code.
using action = std::function<int(console&)>;

struct command {
  std::string_view name;
  std::string_view group;  // heading in the help
  /// Describes the command and its options to CLI11. The action owns what they are parsed into.
  action (*add)(CLI::App& to);
};

/// All of them, in the order of the help.
std::span<const command> all_commands();

}  // namespace taskdriver::tdctl
