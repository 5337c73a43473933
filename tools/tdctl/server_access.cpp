// The shared options, and where the token comes from.
#include "tools/tdctl/server_access.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>

namespace taskdriver::tdctl {
namespace {

constexpr const char* token_of_tools_dev = "data/admin.token";

std::string first_word_of(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

}  // namespace

void server_access::add_connection_options(CLI::App& to) {
  constexpr const char* group = "Server";
  to.add_option("--url", urls,
                "http://HOST:PORT of any node; several with commas are tried in turn")
      ->envname("TASKDRIVER_URL")
      ->capture_default_str()
      ->group(group);
  to.add_option("--token-file", token_file,
                "holds the admin token; else TASKDRIVER_ADMIN_TOKEN, else ./data/admin.token")
      ->group(group);
  to.add_option("--ca", ca_file, "PEM: who signs the certificate of an https:// address")
      ->check(CLI::ExistingFile)
      ->group(group);
  to.add_option("--timeout", timeout_s, "seconds to wait for an answer")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3600.0))
      ->group(group);
}

void server_access::add_options(CLI::App& to) {
  add_connection_options(to);
  to.add_flag("--json", json, "print what the API answers, for programs");
}

std::vector<std::string> split_urls(const std::string& list) {
  std::vector<std::string> urls;
  for (std::size_t begin = 0; begin <= list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    const auto part = list.substr(begin, end - begin);
    const auto first = part.find_first_not_of(" \t");
    const auto last = part.find_last_not_of(" \t/");
    if (first != std::string::npos && last != std::string::npos && last >= first)
      urls.push_back(part.substr(first, last - first + 1));
    begin = end + 1;
  }
  return urls;
}

result<std::string> find_token(const std::string& token_file) {
  if (!token_file.empty()) {
    auto token = first_word_of(token_file);
    if (token.empty())
      return error_info{errc::not_found, "no admin token in " + token_file +
                                             ": the file is empty or cannot be read"};
    return token;
  }
  if (const char* given = std::getenv("TASKDRIVER_ADMIN_TOKEN"); given && *given)
    return std::string(given);
  return first_word_of(token_of_tools_dev);
}

void give_examples(CLI::App& to, const char* lines) {
  to.footer(std::string("Examples:\n") + lines);
}

}  // namespace taskdriver::tdctl
