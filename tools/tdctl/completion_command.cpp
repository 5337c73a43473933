// tdctl completion: scripts for the shells, made from the commands as CLI11 knows them.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "tools/tdctl/commands.hpp"
#include "tools/tdctl/server_access.hpp"
#include "tools/tdctl/text_table.hpp"

namespace taskdriver::tdctl {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& program) {
  return program.get_subcommands([](const CLI::App*) { return true; });
}

std::string flags_of(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const auto* option : command.get_options())
    for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
  return joined(flags, " ");
}

std::string first_line_of(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// In single quotes for a shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void print_bash(const CLI::App& program, std::ostream& out) {
  std::vector<std::string> names;
  for (const auto* command : commands_of(program)) names.push_back(command->get_name());
  out << "# bash: source <(tdctl completion bash)\n"
         "_tdctl() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} flags=\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    mapfile -t COMPREPLY < <(compgen -W "
      << quoted(joined(names, " ") + " --help --version")
      << " -- \"$word\")\n    return\n  fi\n  case ${COMP_WORDS[1]} in\n";
  for (const auto* command : commands_of(program))
    out << "    " << command->get_name() << ") flags=" << quoted(flags_of(*command)) << " ;;\n";
  out << "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$word\")\n"
         "  else\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "  fi\n"
         "}\n"
         "complete -F _tdctl tdctl\n";
}

void print_zsh(const CLI::App& program, std::ostream& out) {
  out << "#compdef tdctl\n"
         "# zsh: source <(tdctl completion zsh), after compinit\n"
         "_tdctl() {\n"
         "  local -a commands flags\n"
         "  commands=(\n";
  for (const auto* command : commands_of(program))
    out << "    " << quoted(command->get_name() + ":" + first_line_of(command->get_description()))
        << '\n';
  out << "  )\n"
         "  if ((CURRENT == 2)); then\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  case ${words[2]} in\n";
  for (const auto* command : commands_of(program))
    out << "    " << command->get_name() << ") flags=(" << flags_of(*command) << ") ;;\n";
  out << "  esac\n"
         "  if [[ ${words[CURRENT]} == -* ]]; then\n"
         "    compadd -- $flags\n"
         "  else\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "compdef _tdctl tdctl\n";
}

}  // namespace

action add_completion(CLI::App& to) {
  auto shell = std::make_shared<std::string>();
  to.description("Prints a script that completes commands and options in bash or zsh");
  give_examples(to,
                "  source <(tdctl completion bash)\n"
                "  tdctl completion bash > /etc/bash_completion.d/tdctl");
  to.add_option("SHELL", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  return [shell, &to](console& c) {
    *shell == "bash" ? print_bash(*to.get_parent(), c.out) : print_zsh(*to.get_parent(), c.out);
    return exit_ok;
  };
}

}  // namespace taskdriver::tdctl
