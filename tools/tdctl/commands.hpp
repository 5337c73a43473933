// The commands' descriptions, one function each, from the files named *_command(s).cpp.
#pragma once

#include "tools/tdctl/command.hpp"

namespace taskdriver::tdctl {

// status_command.cpp, top_command.cpp
action add_status(CLI::App& to);
action add_top(CLI::App& to);

// listing_commands.cpp
action add_nodes(CLI::App& to);
action add_shards(CLI::App& to);

// change_commands.cpp
action add_drain(CLI::App& to);
action add_undrain(CLI::App& to);
action add_remove(CLI::App& to);
action add_move(CLI::App& to);
action add_transfer(CLI::App& to);
action add_unpin(CLI::App& to);

// force_command.cpp
action add_force_primary(CLI::App& to);

// project_commands.cpp
action add_projects(CLI::App& to);
action add_tasks(CLI::App& to);
action add_agents(CLI::App& to);

// copy_commands.cpp
action add_backup(CLI::App& to);
action add_restore(CLI::App& to);

// inspect_commands.cpp
action add_dump(CLI::App& to);

// verify_command.cpp, bench_command.cpp, completion_command.cpp
action add_verify(CLI::App& to);
action add_bench(CLI::App& to);
action add_completion(CLI::App& to);

}  // namespace taskdriver::tdctl
