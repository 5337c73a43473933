// How tdctl reaches the server: which addresses, which token, how long it waits.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace CLI {
class App;
}

namespace taskdriver::tdctl {

/// The options that all commands share which ask a server.
struct server_access {
  std::string urls = "http://127.0.0.1:3000";
  std::string token_file;
  std::string ca_file;
  double timeout_s = 10;
  bool json = false;

  void add_options(CLI::App& to);
  /// Without --json, for commands that have nothing to show in it.
  void add_connection_options(CLI::App& to);
};

/// The parts of a list with commas; empty ones are left out, blanks and closing slashes too.
std::vector<std::string> split_urls(const std::string& list);

/// TASKDRIVER_ADMIN_TOKEN, or the first line of `token_file`, or that of ./data/admin.token; a file
/// that was asked for wins. Empty when there is none of them. Fails: not_found (the file).
result<std::string> find_token(const std::string& token_file);

/// Adds the text to the command's help as its examples.
void give_examples(CLI::App& to, const char* lines);

}  // namespace taskdriver::tdctl
