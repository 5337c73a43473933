// What tdctl's groups of commands share: how a command is added, and what it answers.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace taskdriver::tdctl {

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;  // did not succeed, or what was looked at is not well
inline constexpr int exit_bad_usage = 2;

/// The command that the command line chose; it runs after all of that was read and is well.
using chosen_command = std::function<int()>;

// Each adds the commands of one group, which set `chosen` when they are given. One file per group.
void add_copy_commands(CLI::App& app, chosen_command& chosen);  // copy_commands.cpp

}  // namespace taskdriver::tdctl
