// tdctl bench: tdbench, the load generator, with tdctl's address and token.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "tools/tdctl/commands.hpp"
#include "tools/tdctl/server_access.hpp"

namespace taskdriver::tdctl {
namespace {

/// Beside this program, where a build and an installation have it; else as the shell finds it.
std::string program_path() {
  std::error_code failure;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failure);
  const auto beside = self.parent_path() / "tdbench";
  return !failure && ::access(beside.c_str(), X_OK) == 0 ? beside.string() : "tdbench";
}

std::vector<std::string> arguments_of(const server_access& access,
                                      const std::vector<std::string>& rest) {
  std::vector<std::string> arguments = {program_path()};
  arguments.insert(arguments.end(), rest.begin(), rest.end());
  for (const auto& url : split_urls(access.urls)) {
    arguments.emplace_back("--url");
    arguments.push_back(url);
  }
  return arguments;
}

int run_bench(const server_access& access, const std::vector<std::string>& rest,
              const console& to) {
  const auto token = find_token(access.token_file);
  if (!token) return failed(to, token.error());
  // By the environment: arguments can be read by all users of the machine.
  if (!token->empty()) ::setenv("TASKDRIVER_ADMIN_TOKEN", token->c_str(), 1);
  auto arguments = arguments_of(access, rest);
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  to.out << std::flush;
  ::execvp(pointers.front(), pointers.data());
  return failed(to, {errc::not_found, std::string("cannot run tdbench (") + std::strerror(errno) +
                                          "): it stands neither beside tdctl nor in PATH; "
                                          "tools/dev build release makes it in build/release/bin"});
}

}  // namespace

action add_bench(CLI::App& to) {
  auto access = std::make_shared<server_access>();
  to.description(
      "Puts load on the server by tdbench, with this address and token. What follows bench's own\n"
      "options goes to tdbench; it makes projects of its own and deletes them");
  give_examples(to,
                "  tdctl bench cycle --seconds 10 --workers 64\n"
                "  tdctl bench --url http://n1:3000,http://n2:3000 cycle\n"
                "  tdctl bench --help         these lines; of tdbench: tdbench --help");
  access->add_connection_options(to);
  to.prefix_command();
  return [access, &to](console& c) { return run_bench(*access, to.remaining(), c); };
}

}  // namespace taskdriver::tdctl
