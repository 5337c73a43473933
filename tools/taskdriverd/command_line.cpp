// Takes the command line apart with CLI11; the rules for the values are not its business.
#include <CLI/CLI.hpp>

#include "tools/taskdriverd/option_sources.hpp"

namespace taskdriver::server {
namespace {

/// CLI11 takes "--name=" for a flag without a value and eats the next argument instead.
std::vector<std::string> split_empty_values(const std::vector<std::string>& arguments) {
  std::vector<std::string> split;
  for (const auto& argument : arguments) {
    const bool empty_value =
        argument.starts_with("--") && argument.find('=') + 1 == argument.size();
    split.push_back(empty_value ? argument.substr(0, argument.size() - 1) : argument);
    if (empty_value) split.emplace_back();
  }
  return split;
}

/// The value of one flag, nullopt if it was not given or is an error.
std::optional<std::string> value_of(const CLI::Option& flag, std::string_view name,
                                    std::vector<std::string>& errors) {
  const auto values = flag.results();
  if (values.empty()) return std::nullopt;
  if (flag.get_expected_min() == 0 && values.size() == 1 && values[0].empty()) return "true";
  const auto start = std::string(name) + ": ";
  if (values.size() > 1) {
    errors.push_back(start + "is given more than once (flag --" + std::string(name) + ")");
    return std::nullopt;
  }
  if (values[0].starts_with("--")) {
    errors.push_back(start + "needs a value (flag --" + std::string(name) + ")");
    return std::nullopt;
  }
  return values[0];
}

std::string unknown_argument(const std::vector<std::string>& unknown) {
  for (const auto& argument : unknown) {
    if (!argument.starts_with("-")) continue;
    const auto name = argument.substr(0, argument.find('='));
    if (name == "--admin-token")
      return "admin-token: there is no such flag, as it would show in the list of processes; set "
             "the environment variable " +
             std::string(admin_token_variable);
    return name + ": no such flag; --help lists them";
  }
  return "an argument that belongs to no flag; --help lists the flags";
}

}  // namespace

command_line read_command_line(const std::vector<std::string>& arguments) {
  command_line line;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.add_flag("-h,--help", line.help);
  app.add_flag("--version", line.version);
  app.add_flag("--print-config", line.print_config);
  const auto add = [&](std::string_view name) {
    return app.add_option("--" + std::string(name))
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  };
  const auto* config = add("config");
  std::vector<std::pair<const option_row*, const CLI::Option*>> flags;
  for (const auto& row : option_rows()) {
    auto* flag = add(row.name);
    if (row.kind == value_kind::flag) flag->expected(0, 1);
    flags.emplace_back(&row, flag);
  }

  auto& errors = line.given.errors;
  try {
    auto reversed = split_empty_values(arguments);
    std::reverse(reversed.begin(), reversed.end());  // as CLI11 wants a vector
    app.parse(std::move(reversed));
  } catch (const CLI::ArgumentMismatch&) {  // only the last argument can lack its value
    errors.push_back(arguments.back() + ": needs a value");
    return line;
  } catch (const CLI::ParseError&) {
    errors.emplace_back("--help, --version and --print-config take no value");
    return line;
  }
  if (const auto unknown = app.remaining(); !unknown.empty())
    errors.push_back(unknown_argument(unknown));
  line.config_file = value_of(*config, "config", errors);
  for (const auto& [row, flag] : flags)
    if (auto value = value_of(*flag, row->name, errors))
      line.given.values.push_back({row, std::move(*value), "flag --" + std::string(row->name)});
  return line;
}

}  // namespace taskdriver::server
