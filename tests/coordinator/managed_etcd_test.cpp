// etcd as part of a node: the list of peers, three members of which one dies, and the child's life.
#include "cluster/coordinator/managed_etcd.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "cluster/coordinator/etcd_coordinator.hpp"
#include "tests/coordinator/blocking_register.hpp"
#include "tests/coordinator/etcd_server.hpp"

namespace taskdriver::testing {
namespace {

using cluster::change_outcome;
using cluster::managed_etcd;
using cluster::managed_etcd_options;
using cluster::parse_etcd_peers;

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// Polls what no callback tells of; only a broken program waits for the whole time.
template <class Condition>
bool comes_true(Condition condition) {
  for (int i = 0; i < 1000 && !condition(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return condition();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(etcd_peers)

BOOST_AUTO_TEST_CASE(are_names_with_addresses) {
  const auto peers = parse_etcd_peers("n1=10.0.0.1:2380,n2=host.example:2380,n3=[::1]:4000");
  BOOST_TEST_REQUIRE(peers.ok());
  BOOST_TEST_REQUIRE(peers->size() == 3u);
  BOOST_TEST(((*peers)[1] == cluster::etcd_peer{"n2", "host.example", 2380}));
  BOOST_TEST(((*peers)[2] == cluster::etcd_peer{"n3", "::1", 4000}));
}

BOOST_AUTO_TEST_CASE(that_make_no_sense_are_refused) {
  for (const std::string wrong :
       {"", "n1", "n1=", "n1=host", "n1=host:", "n1=host:x", "n1=host:1", "n1=host:65536",
        "=h:2380", "n1=:2380", "n1=h:2380,", "n1=h:2380,n1=i:2380", "n1=h:2380,n2=h:2380",
        "n1=h:2380,n2=h:2381", "n1=::1:2380", "n1=[h]:2380", "n1=http://h:2380"})
    BOOST_TEST(!parse_etcd_peers(wrong).ok(), wrong);
}

BOOST_AUTO_TEST_CASE(give_the_endpoints_with_the_own_one_first_also_to_a_node_without_a_member) {
  managed_etcd_options options;
  options.peers = *parse_etcd_peers("n1=10.0.0.1:2380,n2=10.0.0.2:2380,n3=10.0.0.3:2380");
  options.node = "n2";
  BOOST_TEST(managed_endpoints(options) ==
             (std::vector<std::string>{"https://10.0.0.2:2379", "https://10.0.0.1:2379",
                                       "https://10.0.0.3:2379"}));
  BOOST_TEST(runs_member(options));
  options.node = "n4";
  BOOST_TEST(managed_endpoints(options).front() == "https://10.0.0.1:2379");
  BOOST_TEST(!runs_member(options));
}

BOOST_AUTO_TEST_CASE(off_loopback_need_certificates_of_members_and_of_clients) {
  managed_etcd_options options;
  options.peers = *parse_etcd_peers("n1=10.0.0.1:2380,n2=name.example:2380");
  options.node = "n2";
  options.tls = {"ca.pem", "node.pem", "node.key"};
  const auto arguments = managed_etcd::arguments(options);
  for (const std::string wanted :
       {"--client-cert-auth", "--peer-client-cert-auth", "--peer-trusted-ca-file=ca.pem",
        "--cert-file=node.pem", "--peer-key-file=node.key",
        "--listen-peer-urls=https://0.0.0.0:2380",
        "--initial-advertise-peer-urls=https://name.example:2380",
        "--initial-cluster=n1=https://10.0.0.1:2380,n2=https://name.example:2380"})
    BOOST_TEST(has(arguments, wanted), wanted);
  BOOST_TEST(!has(arguments, "--unsafe-no-fsync"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(managed_members)

BOOST_AUTO_TEST_CASE(of_three_go_on_when_one_dies_which_is_started_again) {
  temporary_directory directory;
  std::vector<managed_etcd_options> options(3);
  std::vector<cluster::etcd_peer> peers;
  for (const std::string name : {"n1", "n2", "n3"})
    peers.push_back({name, "127.0.0.1", free_port_pair()});
  std::vector<std::unique_ptr<managed_etcd>> members;
  for (std::size_t i = 0; i < 3; ++i) {
    options[i].cluster = "test";
    options[i].node = peers[i].node;
    options[i].data_dir = directory.path() + "/" + peers[i].node;
    options[i].peers = peers;
    members.push_back(std::make_unique<managed_etcd>(options[i]));
  }
  for (const auto& member : members) BOOST_TEST_REQUIRE(member->wait_until_healthy(15'000));

  cluster::etcd_options client;
  client.endpoints = managed_endpoints(options[0]);
  client.timeout_ms = 6000;
  cluster::etcd_coordinator coordinator(client);
  blocking_register reg(coordinator);
  BOOST_TEST((reg.change("k", 0, "1") == change_outcome::applied));
  ::kill(members[0]->pid(), SIGKILL);  // the one that the coordinator prefers
  const auto before = reg.read("k");
  BOOST_TEST_REQUIRE(before.ok());
  BOOST_TEST(before->value == "1");
  // A change may meet the election of a new leader; an unknown one is repeated as it was (R11).
  change_outcome outcome = change_outcome::unknown;
  while (outcome == change_outcome::unknown) outcome = reg.change("k", before->revision, "2");
  BOOST_TEST(reg.read("k")->value == "2");
  BOOST_TEST(comes_true([&] { return members[0]->starts() == 2 && members[0]->pid() != 0; }));
  BOOST_TEST(members[0]->wait_until_healthy(15'000));
}

BOOST_AUTO_TEST_CASE(keep_their_data_over_a_stop_and_end_with_it) {
  etcd_server etcd;
  const pid_t first = etcd.pid();
  {
    cluster::etcd_coordinator coordinator({.endpoints = {etcd.endpoint()}});
    BOOST_TEST((blocking_register(coordinator).change("k", 0, "1") == change_outcome::applied));
  }
  etcd.stop();
  BOOST_TEST(::kill(first, 0) == -1);
  etcd.start();
  cluster::etcd_coordinator coordinator({.endpoints = {etcd.endpoint()}});
  BOOST_TEST(blocking_register(coordinator).read("k")->value == "1");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(supervised_children)

BOOST_AUTO_TEST_CASE(are_started_again_when_they_end_and_when_they_never_start) {
  cluster::supervised_child ends({.name = "true", .program = "/bin/true", .restart_ms_min = 10});
  cluster::supervised_child absent(
      {.name = "absent", .program = "/does/not/exist", .restart_ms_min = 10});
  BOOST_TEST(comes_true([&] { return ends.starts() >= 3 && absent.starts() >= 3; }));
}

BOOST_AUTO_TEST_CASE(that_ignore_sigterm_are_killed) {
  pid_t pid = 0;
  {
    cluster::supervised_child deaf({.name = "deaf",
                                    .program = "/bin/sh",
                                    .arguments = {"-c", "trap '' TERM; while :; do :; done"},
                                    .stop_ms = 100});
    BOOST_TEST(comes_true([&] { return deaf.pid() != 0; }));
    pid = deaf.pid();
  }
  BOOST_TEST(::kill(pid, 0) == -1);
}

BOOST_AUTO_TEST_CASE(die_with_their_parent_however_it_dies) {
  int report[2];
  BOOST_TEST_REQUIRE(::pipe(report) == 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    cluster::supervised_child child(
        {.name = "sleeper", .program = "/bin/sleep", .arguments = {"1000"}});
    while (child.pid() == 0) std::this_thread::yield();
    const pid_t pid = child.pid();
    [[maybe_unused]] const auto written = ::write(report[1], &pid, sizeof pid);
    while (true) ::pause();
  }
  pid_t child = 0;
  BOOST_TEST(::read(report[0], &child, sizeof child) == ssize_t{sizeof child});
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  // An orphan may stay a zombie where nobody reaps; what counts is that it no longer runs.
  const auto ended = [child] {
    const std::string path = "/proc/" + std::to_string(child) + "/stat";
    FILE* stat = std::fopen(path.c_str(), "r");
    if (stat == nullptr) return true;
    char state = 0;
    const bool zombie = std::fscanf(stat, "%*d (%*[^)]) %c", &state) == 1 && state == 'Z';
    std::fclose(stat);
    return zombie;
  };
  BOOST_TEST(comes_true(ended));
  ::close(report[0]);
  ::close(report[1]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::testing
