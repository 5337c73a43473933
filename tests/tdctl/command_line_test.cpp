// Arguments, help, exit codes, addresses and tokens.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/tdctl/canned_server.hpp"
#include "tools/tdctl/command.hpp"
#include "tools/tdctl/server_access.hpp"

using namespace taskdriver::testing;
using taskdriver::tdctl::all_commands;
using taskdriver::tdctl::split_urls;

namespace {

struct clean_environment {
  clean_environment() { clear(); }
  ~clean_environment() { clear(); }
  static void clear() {
    unsetenv("TASKDRIVER_URL");
    unsetenv("TASKDRIVER_ADMIN_TOKEN");
  }
};

/// An address where nothing listens: the port was free a moment ago.
std::string silent_url() {
  const canned_server gone;
  return gone.url();
}

struct token_file {
  explicit token_file(const std::string& text)
      : path(
            (std::filesystem::temp_directory_path() / ("tdctl_token_" + std::to_string(::getpid())))
                .string()) {
    std::ofstream(path) << text;
  }
  ~token_file() { std::filesystem::remove(path); }
  std::string path;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command_line, clean_environment)

BOOST_AUTO_TEST_CASE(every_command_has_a_name_of_its_own_and_help_with_examples) {
  std::set<std::string_view> names;
  for (const auto& command : all_commands()) {
    BOOST_TEST(names.insert(command.name).second);
    const auto help = run_tdctl({std::string(command.name), "--help"});
    BOOST_TEST_CONTEXT(command.name) {
      BOOST_TEST(help.code == 0);
      BOOST_TEST(contains(help.out, "Examples:"));
      BOOST_TEST(contains(help.out, "tdctl " + std::string(command.name)));
    }
  }
}

BOOST_AUTO_TEST_CASE(wrong_usage_ends_with_2) {
  BOOST_TEST(run_tdctl({}).code == 2);
  BOOST_TEST(run_tdctl({"nonsense"}).code == 2);
  BOOST_TEST(run_tdctl({"drain"}).code == 2);
  BOOST_TEST(run_tdctl({"move", "x", "n1", "n2"}).code == 2);
  BOOST_TEST(run_tdctl({"move", "3", "-", "-"}).code == 2);
  BOOST_TEST(run_tdctl({"tasks", "demo", "--status", "odd"}).code == 2);
  BOOST_TEST(run_tdctl({"completion", "fish"}).code == 2);
  BOOST_TEST(run_tdctl({"force-primary", "1", "n3"}).code == 2);  // nobody to ask
}

BOOST_AUTO_TEST_CASE(addresses_are_split_at_commas) {
  const auto urls = split_urls(" http://a:1/ ,,http://b:2");
  BOOST_TEST(urls == (std::vector<std::string>{"http://a:1", "http://b:2"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_next_address_is_asked_when_one_does_not_answer) {
  canned_server server;
  server.on_data("GET /api/cluster/nodes", "[]");
  setenv("TASKDRIVER_URL", (silent_url() + "," + server.url()).c_str(), 1);
  BOOST_TEST(run_tdctl({"nodes"}).code == 0);
  BOOST_TEST(server.asked().size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_next_address_is_asked_when_one_is_unavailable) {
  canned_server busy, server;
  busy.on("GET /api/cluster/nodes", {503, R"({"success":false,"error":"starting"})"});
  server.on_data("GET /api/cluster/nodes", "[]");
  BOOST_TEST(run_tdctl({"nodes", "--url", busy.url() + "," + server.url()}).code == 0);
  const auto only = run_at(busy, {"nodes"});
  BOOST_TEST(only.code == 1);
  BOOST_TEST(contains(only.err, "starting"));
}

BOOST_AUTO_TEST_CASE(no_answer_names_every_address_and_why) {
  const auto one = silent_url(), two = silent_url();
  const auto done = run_tdctl({"nodes", "--url", one + "," + two});
  BOOST_TEST(done.code == 1);
  BOOST_TEST(contains(done.err, one));
  BOOST_TEST(contains(done.err, two));
}

BOOST_AUTO_TEST_CASE(the_token_comes_from_the_file_that_was_named_else_the_environment) {
  canned_server server;
  server.on_data("GET /api/cluster/nodes", "[]");
  setenv("TASKDRIVER_ADMIN_TOKEN", "of-environment", 1);
  (void)run_at(server, {"nodes"});
  BOOST_TEST(server.authorization() == "Bearer of-environment");
  const token_file file("of-file\n");
  (void)run_at(server, {"nodes", "--token-file", file.path});
  BOOST_TEST(server.authorization() == "Bearer of-file");
  BOOST_TEST(run_at(server, {"nodes", "--token-file", "/nowhere/token"}).code == 1);
}

BOOST_AUTO_TEST_CASE(a_refused_token_says_how_to_give_the_right_one) {
  canned_server server;
  server.on("GET /api/cluster/nodes", {401, R"({"success":false,"error":"Unauthorized"})"});
  BOOST_TEST(contains(run_at(server, {"nodes"}).err, "TASKDRIVER_ADMIN_TOKEN"));
}

BOOST_AUTO_TEST_CASE(an_answer_of_something_else_is_an_error_and_no_crash) {
  canned_server server;
  server.on("GET /api/cluster/nodes", {200, "<html>"});
  server.on_data("GET /api/cluster/shards", R"([{"shard": "one"}])");
  BOOST_TEST(run_at(server, {"nodes"}).code == 1);
  BOOST_TEST(run_at(server, {"shards"}).code == 1);
}

BOOST_AUTO_TEST_CASE(completions_know_all_commands_and_their_options) {
  const auto bash = run_tdctl({"completion", "bash"});
  const auto zsh = run_tdctl({"completion", "zsh"});
  BOOST_TEST(bash.code == 0);
  BOOST_TEST(contains(bash.out, "complete -F _tdctl tdctl"));
  BOOST_TEST(contains(zsh.out, "compdef _tdctl tdctl"));
  for (const auto& command : all_commands()) {
    BOOST_TEST(contains(bash.out, "    " + std::string(command.name) + ") flags="));
    BOOST_TEST(contains(zsh.out, "    '" + std::string(command.name) + ":"));
  }
  BOOST_TEST(contains(bash.out, "--wait-seconds"));
}

BOOST_AUTO_TEST_SUITE_END()
