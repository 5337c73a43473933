// Every row of the table becomes a subcommand of CLI11.
#include "tools/tdctl/run.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tools/tdctl/command.hpp"

namespace taskdriver::tdctl {
namespace {

constexpr const char* description =
    "tdctl looks after a TaskDriver server or cluster. Commands that look or change ask any node\n"
    "over HTTP (--url, TASKDRIVER_URL) with the admin token (TASKDRIVER_ADMIN_TOKEN).";

constexpr const char* examples =
    "Examples:\n"
    "  tdctl status                       what is wrong, and what to do\n"
    "  tdctl shards --json                as the API answers it\n"
    "  tdctl drain n2 --wait              before n2 is stopped for good\n"
    "  tdctl COMMAND --help               options and examples of a command\n"
    "Exit codes: 0 done and well, 1 failed or something is broken, 2 wrong usage.";

}  // namespace

int run(std::vector<std::string> arguments, console& to) {
  CLI::App app(description, "tdctl");
  app.footer(examples);
  app.set_version_flag("--version", "tdctl " TASKDRIVER_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(30);
  std::map<const CLI::App*, action> actions;
  for (const auto& row : all_commands()) {
    auto* const sub = app.add_subcommand(std::string(row.name))->group(std::string(row.group));
    actions[sub] = row.add(*sub);
  }
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& stop) {
    return app.exit(stop, to.out, to.err) == 0 ? exit_ok : exit_bad_usage;
  }
  try {
    return actions.at(app.get_subcommands().front())(to);
  } catch (const nlohmann::json::exception& unexpected) {
    return failed(to, {errc::internal, std::string("the server's answer is not understood (") +
                                           unexpected.what() + "): is it another version?"});
  }
}

}  // namespace taskdriver::tdctl
