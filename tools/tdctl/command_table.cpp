// The table of commands: a new one is a row here and a function in a file of its group.
#include "tools/tdctl/commands.hpp"

namespace taskdriver::tdctl {
namespace {

constexpr std::string_view look = "Look";
constexpr std::string_view change = "Change the cluster";
constexpr std::string_view data = "Data";
constexpr std::string_view help = "Help";

constexpr command rows[] = {
    {"status", look, add_status},
    {"nodes", look, add_nodes},
    {"shards", look, add_shards},
    {"top", look, add_top},
    {"projects", look, add_projects},
    {"tasks", look, add_tasks},
    {"agents", look, add_agents},

    {"drain", change, add_drain},
    {"undrain", change, add_undrain},
    {"remove", change, add_remove},
    {"move", change, add_move},
    {"transfer", change, add_transfer},
    {"unpin", change, add_unpin},
    {"force-primary", change, add_force_primary},

    {"backup", data, add_backup},
    {"restore", data, add_restore},
    {"verify", data, add_verify},
    {"dump", data, add_dump},
    {"bench", data, add_bench},

    {"completion", help, add_completion},
};

}  // namespace

std::span<const command> all_commands() {
  return rows;
}

}  // namespace taskdriver::tdctl
