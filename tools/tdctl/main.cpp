// tdctl: what an operator does to data directories. Exit codes: 0 done, 1 failed or not well, 2
// wrong usage.
#include "base/log.hpp"
#include "tools/tdctl/command.hpp"

namespace {

using namespace taskdriver;
using namespace taskdriver::tdctl;

/// All groups of commands, in the order of --help.
constexpr void (*command_groups[])(CLI::App&, chosen_command&) = {add_copy_commands};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("tdctl looks after TaskDriver's data directories.");
  app.require_subcommand(1);
  app.footer(
      "tdctl COMMAND --help shows a command's arguments and examples.\n"
      "Exit codes: 0 done, 1 failed or not well, 2 wrong usage.");
  chosen_command chosen;
  for (const auto add : command_groups) add(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    return app.exit(stop) == 0 ? exit_ok : exit_bad_usage;
  }
  const int code = chosen();
  flush_log();
  return code;
}
