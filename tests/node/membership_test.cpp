// Joining a cluster: who is let in, who is refused, and what a directory remembers.
#include "cluster/node/membership.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/node/local_cluster.hpp"
#include "tests/support/temporary_directory.hpp"

namespace taskdriver::testing {
namespace {

using cluster::joining_node;

bool go_on() {
  return false;
}

struct a_register {
  joining_node fresh(const cluster::node_name& name, std::uint64_t store) {
    joining_node who{.cluster = "test", .node = name, .shards = 2};
    who.live = {.store = store,
                .boot = store + 1000,
                .version = "0",
                .cluster_address = "127.0.0.1:3100",
                .http_address = "127.0.0.1:3000"};
    who.epochs = {0, 0};
    return who;
  }
  joining_node with_data(const cluster::node_name& name, std::uint64_t store) {
    auto who = fresh(name, store);
    who.has_data = true;
    who.epochs = {4, 7};
    return who;
  }
  result<cluster::cluster_record> join(const joining_node& who) {
    const auto coordinator = judge.connect(who.node);
    return cluster::join_cluster(*coordinator, who, go_on);
  }
  /// The last process under this name is gone, and its live key with it.
  void forget_process(const cluster::node_name& name) {
    judge.call([&](memory_register& shared) { shared.erase(keys.live(name)); });
  }
  errc refused(const joining_node& who) {
    const auto joined = join(who);
    BOOST_TEST_REQUIRE(!joined.ok());
    BOOST_TEST_MESSAGE(joined.error().text);
    return joined.error().code;
  }
  cluster::shard_configuration shard(std::uint16_t number) {
    auto read = cluster::decode_shard_configuration(judge.value(keys.shard(number)));
    return read ? *read : cluster::shard_configuration();
  }

  register_thread judge;
  cluster::register_keys keys{"test"};
};

struct a_directory {
  testing::temporary_directory directory;
  const std::string path = directory.path();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(joining, a_register)

BOOST_AUTO_TEST_CASE(makes_the_cluster_once_and_lets_others_in) {
  const auto first = join(fresh("n1", 1));
  const auto second = join(fresh("n2", 2));
  BOOST_TEST_REQUIRE((first.ok() && second.ok()));
  BOOST_TEST(first->id == second->id);
  BOOST_TEST(first->founder.node.empty());
  BOOST_TEST(!judge.value(keys.node("n2")).empty());
}

BOOST_AUTO_TEST_CASE(lets_a_member_back_in) {
  const auto first = join(fresh("n1", 1));
  BOOST_TEST_REQUIRE(first.ok());
  auto again = with_data("n1", 1);
  again.remembered = cluster::membership_file{.cluster = "test", .id = first->id};
  BOOST_TEST(join(again).ok());
}

BOOST_AUTO_TEST_CASE(refuses_data_of_a_single_node_unless_it_shall_found_the_cluster) {
  BOOST_TEST((refused(with_data("n1", 1)) == errc::wrong_state));
  auto founder = with_data("n1", 1);
  founder.adopt = true;
  const auto founded = join(founder);
  BOOST_TEST_REQUIRE(founded.ok());
  BOOST_TEST((founded->founder == cluster::member{"n1", 1}));
  BOOST_TEST(shard(0).epoch == 5u);  // above every epoch of its log
  BOOST_TEST(shard(1).epoch == 8u);
  BOOST_TEST((shard(1).in_sync == std::vector<cluster::member>{{"n1", 1}}));
}

BOOST_AUTO_TEST_CASE(without_data_waits_for_the_founder_if_there_shall_be_one) {
  auto early = fresh("n2", 2);
  early.adopt = true;
  int tries = 0;
  const auto coordinator = judge.connect("n2");
  const auto waited = cluster::join_cluster(*coordinator, early, [&] { return ++tries > 2; });
  BOOST_TEST_REQUIRE(!waited.ok());
  BOOST_TEST((waited.error().code == errc::unavailable));
  BOOST_TEST(judge.value(keys.cluster()).empty());
  auto founder = with_data("n1", 1);
  founder.adopt = true;
  BOOST_TEST_REQUIRE(join(founder).ok());
  BOOST_TEST(join(early).ok());
}

BOOST_AUTO_TEST_CASE(refuses_a_second_founder) {
  BOOST_TEST_REQUIRE(join(fresh("n1", 1)).ok());
  auto founder = with_data("n2", 2);
  founder.adopt = true;
  BOOST_TEST((refused(founder) == errc::wrong_state));
}

BOOST_AUTO_TEST_CASE(refuses_a_directory_of_another_cluster_of_the_name) {
  BOOST_TEST_REQUIRE(join(fresh("n1", 1)).ok());
  auto stranger = with_data("n2", 2);
  stranger.remembered = cluster::membership_file{.cluster = "test", .id = 12345};
  BOOST_TEST((refused(stranger) == errc::wrong_state));
}

BOOST_AUTO_TEST_CASE(never_makes_a_cluster_anew_for_a_directory_that_belongs_to_one) {
  auto member = with_data("n1", 1);
  member.remembered = cluster::membership_file{.cluster = "test", .id = 12345};
  BOOST_TEST((refused(member) == errc::wrong_state));
  BOOST_TEST(judge.value(keys.cluster()).empty());
}

BOOST_AUTO_TEST_CASE(refuses_another_number_of_shards) {
  BOOST_TEST_REQUIRE(join(fresh("n1", 1)).ok());
  auto other = fresh("n2", 2);
  other.shards = 4;
  BOOST_TEST((refused(other) == errc::wrong_state));
}

BOOST_AUTO_TEST_CASE(takes_a_node_that_lost_its_disk_as_another_store) {
  BOOST_TEST_REQUIRE(join(fresh("n1", 1)).ok());
  forget_process("n1");
  BOOST_TEST_REQUIRE(join(fresh("n1", 2)).ok());
  const auto record = cluster::decode_node_record(judge.value(keys.node("n1")));
  BOOST_TEST_REQUIRE(record.ok());
  BOOST_TEST(record->store == 2u);
}

BOOST_AUTO_TEST_CASE(refuses_a_removed_node_until_it_comes_with_another_store) {
  BOOST_TEST_REQUIRE(join(fresh("n1", 1)).ok());
  judge.call([&](memory_register& shared) {
    auto record = cluster::decode_node_record(shared.peek(keys.node("n1")).value);
    record->state = cluster::node_state::removed;
    shared.put(keys.node("n1"), encode(*record));
  });
  BOOST_TEST((refused(fresh("n1", 1)) == errc::forbidden));
  forget_process("n1");
  BOOST_TEST(join(fresh("n1", 2)).ok());
}

BOOST_AUTO_TEST_CASE(gives_up_when_it_is_told_to) {
  judge.set_reachable("n1", false);
  const auto coordinator = judge.connect("n1");
  const auto joined = cluster::join_cluster(*coordinator, fresh("n1", 1), [] { return true; });
  BOOST_TEST_REQUIRE(!joined.ok());
  BOOST_TEST((joined.error().code == errc::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_membership_file, a_directory)

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written) {
  const cluster::membership_file file{
      "test", 0xfedcba9876543210, {{"n2", "10.0.0.2:3100"}, {"n3", "[::1]:3100"}}};
  BOOST_TEST_REQUIRE(cluster::write_membership(path, file).ok());
  const auto read = cluster::read_membership(path);
  BOOST_TEST_REQUIRE((read.ok() && read->has_value()));
  BOOST_TEST((**read == file));
}

BOOST_AUTO_TEST_CASE(may_be_absent_but_not_damaged) {
  const auto absent = cluster::read_membership(path);
  BOOST_TEST_REQUIRE(absent.ok());
  BOOST_TEST(!absent->has_value());
  for (const std::string text : {"", "taskdriver-member 2\n", "taskdriver-member 1\ncluster a\n",
                                 "taskdriver-member 1\ncluster a\nid x\n"}) {
    std::ofstream(path + "/CLUSTER", std::ios::trunc) << text;
    BOOST_TEST(!cluster::read_membership(path).ok());
  }
}

BOOST_AUTO_TEST_CASE(has_addresses_with_names_and_of_both_families) {
  using cluster::parse_peer_address;
  BOOST_TEST((parse_peer_address("n1", "db.example.org:31") ==
              cluster::peer_address{"n1", "db.example.org", 31}));
  BOOST_TEST((parse_peer_address("n1", "[::1]:31") == cluster::peer_address{"n1", "::1", 31}));
  for (const std::string wrong : {"", "host", "host:", ":31", "host:0", "host:65536", "[::1:31"})
    BOOST_TEST(!parse_peer_address("n1", wrong).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::testing
