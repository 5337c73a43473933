// Where option values come from and which one wins; what --print-config, --help and --version say.
#define BOOST_TEST_MODULE options
#include <boost/test/unit_test.hpp>

#include "tests/options/given.hpp"
#include "tools/taskdriverd/option_table.hpp"

namespace taskdriver::server {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

BOOST_FIXTURE_TEST_SUITE(precedence, given)

BOOST_AUTO_TEST_CASE(without_anything_the_defaults_count) {
  const auto o = options();
  BOOST_TEST(o.data_dir == "./data");
  BOOST_TEST(o.http.text() == "127.0.0.1:3000");
  BOOST_TEST(o.node_id == "n1");
  BOOST_TEST(o.rate_limit_ip == 100u);
  BOOST_TEST(o.rate_limit_session == 1'000'000u);
  BOOST_TEST(o.shards == 16u);
  BOOST_TEST(!o.admin_token);
  BOOST_TEST(!o.bootstrap_project);
}

BOOST_AUTO_TEST_CASE(a_file_wins_over_the_default) {
  BOOST_TEST(file("shards = 5\n").options().shards == 5u);
}

BOOST_AUTO_TEST_CASE(the_environment_wins_over_the_file) {
  BOOST_TEST(file("shards = 5\n").variable("TASKDRIVER_SHARDS", "6").options().shards == 6u);
}

BOOST_AUTO_TEST_CASE(a_flag_wins_over_the_environment) {
  file("shards = 5\n").variable("TASKDRIVER_SHARDS", "6").flags({"--shards", "7"});
  BOOST_TEST(options().shards == 7u);
}

BOOST_AUTO_TEST_CASE(a_file_by_flag_wins_over_a_file_by_environment) {
  const auto other = folder.write("other.toml", "shards = 9\n");
  BOOST_TEST(file("shards = 5\n").flags({"--config=" + other}).options().shards == 9u);
}

BOOST_AUTO_TEST_CASE(every_option_can_come_from_the_environment) {
  for (const auto& row : option_rows()) {
    given one;
    one.variable(environment_name(row.name), "?");
    const auto refused = one.refusal();
    const bool any_value = row.name == "data-dir" || row.name == "etcd-user" ||
                           contains(std::string(row.value_name), "FILE");
    BOOST_TEST(contains(refused, environment_name(row.name)) != any_value, row.name);
  }
}

BOOST_AUTO_TEST_CASE(threads_follow_the_cores) {
  from.cores = 1;
  BOOST_TEST(options().io_threads == 1u);
  BOOST_TEST(options().actor_threads == 2u);
  from.cores = 2;
  BOOST_TEST(options().io_threads == 1u);
  BOOST_TEST(options().actor_threads == 2u);
  from.cores = 16;
  BOOST_TEST(options().io_threads == 4u);
  BOOST_TEST(options().actor_threads == 16u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(values, given)

BOOST_AUTO_TEST_CASE(a_flag_needs_no_value_on_the_command_line) {
  BOOST_TEST(!options().insecure_cluster);
  BOOST_TEST(flags({"--insecure-cluster", "--shards", "4"}).options().insecure_cluster);
  BOOST_TEST(flags({"--insecure-cluster"}).options().insecure_cluster);
  BOOST_TEST(!flags({"--insecure-cluster=false"}).options().insecure_cluster);
  BOOST_TEST(flags({}).file("insecure-cluster = true\n").options().insecure_cluster);
}

BOOST_AUTO_TEST_CASE(etcd_makes_a_process_a_node_of_a_cluster) {
  BOOST_TEST(!options().clustered());
  const auto o = flags({"--etcd", "http://127.0.0.1:2379,http://[::1]:2379", "--cluster-listen",
                        "127.0.0.1:3100"})
                     .options();
  BOOST_TEST(o.clustered());
  BOOST_TEST(o.cluster_listen->text() == "127.0.0.1:3100");
  BOOST_TEST(o.replicas == 3u);
}

BOOST_AUTO_TEST_CASE(the_password_of_etcd_may_come_from_a_file) {
  const auto path = folder.write("password", "secret-0\nmore\n");
  const auto o = flags({"--etcd-user", "td", "--etcd-password-file", path}).options();
  BOOST_TEST(o.etcd_password.value() == "secret-0");
}

BOOST_AUTO_TEST_CASE(http_takes_ipv6_in_brackets_and_localhost) {
  BOOST_TEST(flags({"--http", "[0:0::1]:8080"}).options().http.text() == "[::1]:8080");
  BOOST_TEST(flags({"--http=localhost:0"}).options().http.text() == "127.0.0.1:0");
}

BOOST_AUTO_TEST_CASE(origins_are_a_list_in_the_file_and_commas_elsewhere) {
  const std::vector<std::string> both = {"https://a.example", "http://[::1]:3000"};
  BOOST_TEST(
      flags({"--cors-origins", "https://a.example,http://[::1]:3000"}).options().cors_origins ==
      both);
  flags({}).file("cors-origins = [\"https://a.example\", \"http://[::1]:3000\"]\n");
  BOOST_TEST(options().cors_origins == both);
  BOOST_TEST(file("cors-origins = \"none\"\n").options().cors_origins.empty());
}

BOOST_AUTO_TEST_CASE(the_admin_token_comes_from_the_environment) {
  const std::string token = "0123456789abcdef";
  BOOST_TEST(variable("TASKDRIVER_ADMIN_TOKEN", token).options().admin_token.value() == token);
}

BOOST_AUTO_TEST_CASE(an_unknown_variable_is_a_warning_that_hides_its_value) {
  const auto warnings = variable("TASKDRIVER_DATADIR", "/secret").run().warnings;
  BOOST_TEST_REQUIRE(warnings.size() == 1u);
  BOOST_TEST(contains(warnings[0], "TASKDRIVER_DATADIR"));
  BOOST_TEST(!contains(warnings[0], "/secret"));
}

BOOST_AUTO_TEST_CASE(variables_of_tdctl_and_kubernetes_are_no_warning) {
  variable("TASKDRIVER_SERVICE_HOST", "10.0.0.1").variable("TASKDRIVER_PORT_3000_TCP", "tcp:");
  variable("TASKDRIVER_URL", "http://127.0.0.1:3000");
  BOOST_TEST(run().warnings.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(print_config, given)

BOOST_AUTO_TEST_CASE(says_where_each_value_came_from) {
  file("node-id = \"n7\"\n")
      .variable("TASKDRIVER_SHARDS", "6")
      .flags({"--print-config", "--http", "[::1]:80"});
  const auto text = printed();
  BOOST_TEST(contains(text, "http = \"[::1]:80\"  # flag --http\n"));
  BOOST_TEST(contains(text, "shards = 6  # environment variable TASKDRIVER_SHARDS\n"));
  BOOST_TEST(contains(text, "td.toml:1\n"));
  BOOST_TEST(contains(text, "log-level = \"info\"  # default\n"));
}

BOOST_AUTO_TEST_CASE(is_accepted_as_a_file_and_means_the_same) {
  flags({"--print-config",
         "--data-dir",
         "/tmp/with \"quotes\" \\ and ü",
         "--http",
         "[::1]:80",
         "--bootstrap-project",
         "demo",
         "--cors-origins",
         "https://a.example,http://b.example:8",
         "--log-format",
         "json",
         "--log-level",
         "warn",
         "--log-requests",
         "errors",
         "--rate-limit-ip",
         "0",
         "--session-hours",
         "168",
         "--shards",
         "1024"});
  given again;
  again.file(printed());
  from.arguments.erase(from.arguments.begin());
  const auto here = options();
  const auto there = again.options();
  for (const auto& row : option_rows()) BOOST_TEST((row.get(here) == row.get(there)), row.name);
}

BOOST_AUTO_TEST_CASE(with_defaults_is_accepted_as_a_file) {
  given again;
  BOOST_TEST(again.file(flags({"--print-config"}).printed()).refusal() == "");
}

BOOST_AUTO_TEST_CASE(masks_the_password_of_etcd) {
  flags({"--print-config", "--etcd-user", "td"}).variable("TASKDRIVER_ETCD_PASSWORD", "secret-0");
  BOOST_TEST(!contains(printed(), "secret-0"));
  BOOST_TEST(contains(printed(), "# etcd password: ********"));
}

BOOST_AUTO_TEST_CASE(masks_the_admin_token) {
  flags({"--print-config"}).variable("TASKDRIVER_ADMIN_TOKEN", "0123456789abcdef");
  BOOST_TEST(!contains(printed(), "0123456789abcdef"));
  BOOST_TEST(contains(printed(), "# admin token: ********"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(texts, given)

BOOST_AUTO_TEST_CASE(help_names_every_option_and_its_variable) {
  const auto text = flags({"--help"}).printed();
  for (const auto& row : option_rows()) {
    BOOST_TEST(contains(text, "--" + std::string(row.name)), row.name);
    BOOST_TEST(contains(text, environment_name(row.name)), row.name);
  }
}

BOOST_AUTO_TEST_CASE(the_page_for_operators_names_every_option) {
  std::ostringstream page;
  page << std::ifstream(OPERATIONS_PAGE).rdbuf();
  for (const auto& row : option_rows())
    BOOST_TEST(contains(page.str(), "\n| `" + std::string(row.name) + "` |"), row.name);
}

BOOST_AUTO_TEST_CASE(help_fits_into_a_terminal) {
  std::istringstream lines(flags({"-h"}).printed());
  for (std::string line; std::getline(lines, line);) BOOST_TEST(line.size() <= 100u, line);
}

BOOST_AUTO_TEST_CASE(help_is_given_although_something_else_is_wrong) {
  BOOST_TEST(contains(flags({"--shards", "0", "--help"}).printed(), "Usage:"));
}

BOOST_AUTO_TEST_CASE(version_is_one_line) {
  BOOST_TEST(flags({"--version"}).printed() == "taskdriverd " + server_version() + "\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::server
