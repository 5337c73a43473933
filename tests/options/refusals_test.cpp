// Every way to give a wrong option, and the words of the refusal.
#include <boost/test/unit_test.hpp>

#include "tests/options/given.hpp"
#include "tools/taskdriverd/option_table.hpp"

namespace taskdriver::server {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

BOOST_FIXTURE_TEST_SUITE(refusals, given)

BOOST_AUTO_TEST_CASE(name_option_rule_value_and_flag) {
  BOOST_TEST(flags({"--shards", "0"}).refusal() ==
             "taskdriverd: shards: must be a whole number from 1 to 1024, got \"0\" "
             "(flag --shards)\n");
}

BOOST_AUTO_TEST_CASE(name_the_variable) {
  BOOST_TEST(contains(variable("TASKDRIVER_LOG_LEVEL", "loud").refusal(),
                      "log-level: must be debug, info, warn or error, got \"loud\" "
                      "(environment variable TASKDRIVER_LOG_LEVEL)"));
}

BOOST_AUTO_TEST_CASE(name_file_and_line) {
  const auto text = file("# first\n\nshards = 2000\n").refusal();
  BOOST_TEST(contains(text, "got \"2000\""));
  BOOST_TEST(contains(text, "td.toml:3)"));
}

BOOST_AUTO_TEST_CASE(come_all_at_once_also_for_values_that_are_overruled) {
  file("shards = 0\n").variable("TASKDRIVER_SHARDS", "x").flags({"--shards", "4", "--http", "?"});
  const auto text = refusal();
  BOOST_TEST(contains(text, "got \"0\""));
  BOOST_TEST(contains(text, "got \"x\""));
  BOOST_TEST(contains(text, "got \"?\""));
}

BOOST_AUTO_TEST_CASE(values_outside_the_rule_of_each_option) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> wrong = {
      {"data-dir", {"", "a\nb", "\xff"}},
      {"http",
       {"", "3000", ":3000", "*:3000", "127.0.0.1", "127.0.0.1:65536", "::1:3000",
        "host.example:3000", "127.0.0.1:-1", "127.1:3000", "[::1]3000", "[1.2.3.4]:1"}},
      {"node-id", {"", "a b", std::string(65, 'a')}},
      {"auth", {"", "keys", "none"}},
      {"bootstrap-project", {"", "a b", "a.b", std::string(101, 'a')}},
      {"session-hours", {"", "0", "169", "1.5"}},
      {"cors-origins",
       {"", "*,*", "example.org", "ftp://a", "https://", "https://a/", "https://a,", "https://a:0",
        "https://a b"}},
      {"etcd", {"", "localhost:2379", "http://a", "http://a:1/x", "http://a:1,https://a:2"}},
      {"cluster-listen", {"", "3100", "127.0.0.1:0", "node.example:3100"}},
      {"cluster-advertise", {"", "node", "node:0", "a b:1"}},
      {"cluster-name", {"", "a/b", std::string(65, 'a')}},
      {"cluster-ca", {""}},
      {"cluster-cert", {""}},
      {"cluster-key", {"a\nb"}},
      {"insecure-cluster", {"yes", "1"}},
      {"replicas", {"0", "8"}},
      {"replace-after-minutes", {"0", "10081"}},
      {"drop-after-seconds", {"9", "604801"}},
      {"cluster-adopt", {"maybe"}},
      {"etcd-peers", {"", "n1", "n1=host", "=host:1", "n1=host:1,"}},
      {"etcd-ca", {""}},
      {"etcd-cert", {""}},
      {"etcd-key", {""}},
      {"etcd-user", {"\xff"}},
      {"etcd-password-file", {""}},
      {"rate-limit-ip", {"-1", "1000000001", "+1", " 1", "1e3"}},
      {"rate-limit-session", {"-1", "99999999999999999999"}},
      {"rate-limit-window-minutes", {"0", "1441"}},
      {"max-connections", {"0", "1000001"}},
      {"reserve-disk-mb", {"-1", "64MB"}},
      {"io-threads", {"0", "65"}},
      {"actor-threads", {"0", "257"}},
      {"memory-mb", {"7", "1048577"}},
      {"project-idle-seconds", {"0", "86401"}},
      {"loaded-projects-max", {"0", "10000001", "many"}},
      {"shards", {"0", "1025", "0x10"}},
      {"log-format", {"", "TEXT", "xml"}},
      {"log-level", {"", "trace"}},
      {"log-requests", {"", "some"}},
  };
  BOOST_TEST(wrong.size() == option_rows().size());
  for (const auto& [name, values] : wrong)
    for (const auto& value : values) {
      const auto text = flags({"--" + name + "=" + value}).refusal();
      BOOST_TEST(contains(text, "taskdriverd: " + name + ": "), name << "=" << value << text);
      BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 1, name << "=" << value << text);
    }
}

BOOST_AUTO_TEST_CASE(options_that_do_not_go_together) {
  const std::string etcd = "--etcd=http://127.0.0.1:2379";
  const auto refused = [this](std::vector<std::string> arguments, const std::string& part) {
    const auto text = flags(std::move(arguments)).refusal();
    BOOST_TEST(contains(text, part), text);
  };
  refused({etcd}, "cluster-listen: is needed with etcd");
  refused({"--cluster-listen=127.0.0.1:1"}, "cluster-listen: means nothing without etcd");
  refused({"--cluster-adopt"}, "cluster-adopt: means nothing without etcd");
  refused({etcd, "--cluster-listen=0.0.0.0:1"}, "needs cluster-advertise");
  refused({"--etcd=managed", "--cluster-listen=127.0.0.1:1"}, "etcd-peers: is needed");
  refused({etcd, "--cluster-listen=127.0.0.1:1", "--etcd-peers=n1=a:2"}, "etcd-peers: is needed");
  refused({"--cluster-ca=/a"}, "cluster-ca, cluster-cert and cluster-key belong together");
  refused({"--etcd-cert=/a"}, "etcd-cert and etcd-key belong together");
  refused({"--etcd-user=td"}, "etcd-user needs a password");
  refused({"--etcd-password-file=/nowhere", "--etcd-user=td"}, "/nowhere cannot be read");
}

BOOST_AUTO_TEST_CASE(open_access_beyond_loopback) {
  for (const auto* address :
       {"0.0.0.0:3000", "192.168.0.1:3000", "[::]:3000", "[fe80::1]:80", "[::ffff:10.0.0.1]:80"}) {
    const auto text = flags({"--http", address}).refusal();
    BOOST_TEST(contains(text, "must be a loopback address"), address);
    BOOST_TEST(contains(text, address), address);
  }
  for (const auto* address : {"127.1.2.3:3000", "[::1]:80", "[::ffff:127.0.0.1]:80"})
    BOOST_TEST(flags({"--http", address}).refusal() == "", address);
}

BOOST_AUTO_TEST_CASE(keys_are_not_offered_yet) {
  BOOST_TEST(contains(flags({"--auth", "keys"}).refusal(), "not offered yet"));
}

BOOST_AUTO_TEST_CASE(a_long_value_is_cut_short) {
  BOOST_TEST(flags({"--node-id", std::string(10'000, 'a')}).refusal().size() < 400u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(command_lines, given)

BOOST_AUTO_TEST_CASE(unknown_flags_and_stray_words) {
  BOOST_TEST(contains(flags({"--shard", "4"}).refusal(), "--shard: no such flag"));
  BOOST_TEST(contains(flags({"serve"}).refusal(), "belongs to no flag"));
  BOOST_TEST(contains(flags({"-x"}).refusal(), "-x: no such flag"));
}

BOOST_AUTO_TEST_CASE(a_flag_given_twice_or_without_a_value) {
  BOOST_TEST(contains(flags({"--shards", "4", "--shards", "5"}).refusal(), "more than once"));
  BOOST_TEST(contains(flags({"--shards"}).refusal(), "--shards: needs a value"));
  BOOST_TEST(contains(flags({"--node-id", "--http", "[::1]:1"}).refusal(), "needs a value"));
  BOOST_TEST(contains(flags({"--version=x"}).refusal(), "take no value"));
}

BOOST_AUTO_TEST_CASE(the_admin_token_is_no_flag_and_never_shown) {
  const std::string secret = "0123456789abcdef";
  for (const auto& arguments : {std::vector<std::string>{"--admin-token", secret},
                                std::vector<std::string>{"--admin-token=" + secret},
                                std::vector<std::string>{secret, "--admin-token"}}) {
    const auto text = flags(arguments).refusal();
    BOOST_TEST(contains(text, "TASKDRIVER_ADMIN_TOKEN"));
    BOOST_TEST(!contains(text, secret));
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_admin_token_is_never_shown) {
  for (const auto& token : {std::string("short-secret"), std::string("with blanks in the secret"),
                            std::string(257, 's'), std::string()}) {
    const auto text = variable("TASKDRIVER_ADMIN_TOKEN", token).refusal();
    BOOST_TEST(contains(text, "16 to 256 printable"));
    BOOST_TEST((token.empty() || !contains(text, token)));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(files, given)

BOOST_AUTO_TEST_CASE(unknown_keys_with_their_line) {
  const auto text = file("node-id = \"a\"\ndata_dir = \"x\"\n[http]\nport = 1\n").refusal();
  BOOST_TEST(contains(text, "data_dir: no such option"));
  BOOST_TEST(contains(text, "td.toml:2)"));
  BOOST_TEST(contains(text, "td.toml:3)"));
}

BOOST_AUTO_TEST_CASE(values_of_the_wrong_type) {
  const auto text =
      file("shards = \"4\"\nnode-id = 7\ncors-origins = [1]\nhttp = true\n").refusal();
  BOOST_TEST(contains(text, "shards: must be a whole number without quotes"));
  BOOST_TEST(contains(text, "node-id: must be a string in quotes"));
  BOOST_TEST(contains(text, "cors-origins: must be an array of strings"));
  BOOST_TEST(contains(text, "http: must be a string in quotes"));
}

BOOST_AUTO_TEST_CASE(broken_toml_with_its_line) {
  BOOST_TEST(contains(file("shards = 4\nshards = 5\n").refusal(), "td.toml:2)"));
  BOOST_TEST(contains(file("shards\n").refusal(), "td.toml:1)"));
}

BOOST_AUTO_TEST_CASE(secrets_and_files_within_files) {
  const auto text = file("admin-token = \"0123456789abcdef\"\nconfig = \"other.toml\"\n").refusal();
  BOOST_TEST(contains(text, "admin-token: is taken from the environment"));
  BOOST_TEST(!contains(text, "0123456789abcdef"));
  BOOST_TEST(contains(text, "config: cannot be set in a file"));
}

BOOST_AUTO_TEST_CASE(that_cannot_be_read) {
  BOOST_TEST(contains(flags({"--config", "/nowhere/td.toml"}).refusal(), "No such file"));
  BOOST_TEST(contains(flags({"--config", folder.path().string()}).refusal(), "directory"));
  const auto huge = folder.write("huge.toml", std::string(2'000'000, '\n'));
  BOOST_TEST(contains(flags({"--config", huge}).refusal(), "1 MiB"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::server
