// Three nodes of a cluster in one process: what is committed stays, whoever stops.
#include "cluster/node/clustered_replicas.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/node/local_cluster.hpp"

namespace taskdriver::testing {
namespace {

constexpr project_number project_1{1};

/// Another project of the same shard.
project_number neighbour_of(project_number project, std::uint16_t shards) {
  auto other = raw(project) + 1;
  while (shard_of(project_number{other}, shards) != shard_of(project, shards)) ++other;
  return project_number{other};
}

domain::changes named(project_number number, const std::string& name) {
  return {domain::put_project{{.id = object_id::make(number, sequence{0}, 1), .name = name}}};
}

struct three_nodes : local_cluster {
  three_nodes() {
    for (const auto* name : {"n1", "n2", "n3"}) start(name);
  }
  cluster::node_name primary() {
    auto* at = primary_of(project_1);
    BOOST_TEST_REQUIRE(at != nullptr);
    return at->name;
  }
  cluster::node_name backup() { return primary() == "n1" ? "n2" : "n1"; }
  bool all_in_sync() {
    return eventually([&] { return in_sync(project_1).size() == 3u; });
  }
  /// What a node's own records say, once they do.
  bool has(const cluster::node_name& node, const std::string& name) {
    return eventually([&] {
      const auto found = (*this)[node].replicas().records().load_project(project_1);
      return found && found->name == name;
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_cluster_of_three, three_nodes)

BOOST_AUTO_TEST_CASE(has_what_was_committed_on_all_nodes) {
  BOOST_TEST_REQUIRE(put(project_1, "one"));
  for (const auto* name : {"n1", "n2", "n3"}) BOOST_TEST(has(name, "one"));
}

BOOST_AUTO_TEST_CASE(tells_a_stream_of_its_tickets_in_order) {
  auto* at = primary_of(project_1);
  BOOST_TEST_REQUIRE(at != nullptr);
  auto witness = std::make_shared<stream_witness>();
  const auto stream = at->replicas().open_stream(project_1, witness);
  for (std::uint64_t ticket = 1; ticket <= 200; ++ticket)
    BOOST_TEST_REQUIRE(stream->propose(ticket, named(project_1, std::to_string(ticket))).ok());
  BOOST_TEST(witness->wait(200));
  BOOST_TEST(get(project_1) == "200");
}

BOOST_AUTO_TEST_CASE(knows_on_every_node_where_a_project_is_served) {
  const auto at = primary();
  for (const auto* name : {"n1", "n2", "n3"}) {
    const auto place = [&] { return (*this)[name].replicas().locate(project_1); };
    if (name == at)
      BOOST_TEST((place().at == cluster::shard_location::place::here));
    else
      BOOST_TEST(eventually([&] { return place().node == at; }));
  }
}

BOOST_AUTO_TEST_CASE(refuses_streams_where_the_project_is_not_served) {
  auto witness = std::make_shared<stream_witness>();
  const auto stream = (*this)[backup()].replicas().open_stream(project_1, witness);
  BOOST_TEST(witness->is_lost());
  BOOST_TEST(!stream->propose(1, named(project_1, "stray")).ok());
}

BOOST_AUTO_TEST_CASE(goes_on_with_everything_when_the_primary_dies) {
  BOOST_TEST_REQUIRE(put(project_1, "one"));
  const auto dead = primary();
  kill(dead);
  BOOST_TEST(get(project_1) == "one");
  BOOST_TEST(primary() != dead);
  BOOST_TEST(put(project_1, "two"));
  start(dead);
  BOOST_TEST(all_in_sync());
  BOOST_TEST(has(dead, "two"));
}

BOOST_AUTO_TEST_CASE(hands_over_when_a_node_stops_and_is_not_waited_for) {
  BOOST_TEST_REQUIRE(all_in_sync());
  const auto leaving = primary();
  (*this)[leaving].node->hand_over(10'000);
  for (const auto& m : in_sync(project_1)) BOOST_TEST(m.node != leaving);
  BOOST_TEST(primary() != leaving);
  kill(leaving);
  BOOST_TEST(put(project_1, "two"));
}

BOOST_AUTO_TEST_CASE(ends_streams_when_the_shard_is_handed_over) {
  const auto leaving = primary();
  auto witness = std::make_shared<stream_witness>();
  const auto stream = (*this)[leaving].replicas().open_stream(project_1, witness);
  BOOST_TEST_REQUIRE(witness->wait(0));
  (*this)[leaving].node->hand_over(10'000);
  BOOST_TEST(eventually([&] { return witness->is_lost(); }));
  BOOST_TEST(!stream->propose(1, named(project_1, "late")).ok());
}

BOOST_AUTO_TEST_CASE(catches_a_node_up_from_the_log_after_it_was_away) {
  BOOST_TEST_REQUIRE(all_in_sync());
  const auto away = backup();
  kill(away);
  for (int i = 0; i < 20; ++i) BOOST_TEST_REQUIRE(put(project_1, std::to_string(i)));
  start(away);
  BOOST_TEST(all_in_sync());
  BOOST_TEST(has(away, "19"));
}

BOOST_AUTO_TEST_CASE(catches_a_node_up_by_a_checkpoint_after_it_lost_its_disk) {
  BOOST_TEST_REQUIRE(put(project_1, "before"));
  BOOST_TEST_REQUIRE(all_in_sync());
  const auto broken = backup();
  const auto other = (*this)[broken].store->store_id();
  kill(broken);
  lose_disk(broken);
  BOOST_TEST_REQUIRE(put(project_1, "meanwhile"));
  for (const auto* name : {"n1", "n2", "n3"})
    if (name != broken) (*this)[name].store->maintain(true);
  start(broken);
  BOOST_TEST((*this)[broken].store->store_id() != other);
  BOOST_TEST(all_in_sync());
  BOOST_TEST(has(broken, "meanwhile"));
  BOOST_TEST(put(project_1, "after"));
  BOOST_TEST(has(broken, "after"));
}

BOOST_AUTO_TEST_CASE(has_everything_after_all_nodes_were_killed) {
  for (int i = 0; i < 10; ++i) BOOST_TEST_REQUIRE(put(project_1, std::to_string(i)));
  for (const auto* name : {"n1", "n2", "n3"}) kill(name);
  for (const auto* name : {"n1", "n2", "n3"}) start(name);
  BOOST_TEST(get(project_1) == "9");
  BOOST_TEST(put(project_1, "ten"));
}

BOOST_AUTO_TEST_CASE(comes_back_although_the_register_is_away) {
  BOOST_TEST_REQUIRE(put(project_1, "one"));
  BOOST_TEST_REQUIRE(all_in_sync());
  const auto restarted = backup();
  judge.set_reachable(restarted, false);
  kill(restarted);
  start(restarted);
  BOOST_TEST(put(project_1, "two"));
  BOOST_TEST(has(restarted, "two"));
}

BOOST_AUTO_TEST_CASE(serves_nothing_on_a_node_that_is_cut_off) {
  BOOST_TEST_REQUIRE(put(project_1, "one"));
  const auto lonely = primary();
  wires.isolate(lonely);
  judge.set_reachable(lonely, false);
  BOOST_TEST(eventually([&] {
    return !(*this)[lonely].replicas().may_answer(project_1, system_time().now().steady_ms);
  }));
  BOOST_TEST(eventually([&] { return primary() != lonely; }));
  BOOST_TEST(put(project_1, "two"));
}

/// One batch is under way at a time; what comes meanwhile was sent to nobody.
BOOST_AUTO_TEST_CASE(knows_that_what_gathered_behind_a_stuck_batch_was_not_done) {
  BOOST_TEST_REQUIRE(put(project_1, "one"));
  auto& at = (*this)[primary()];
  const auto project_2 = neighbour_of(project_1, at.store->shard_count());
  const auto last_in_log = [&] {
    const auto log = at.store->read_log(shard_of(project_1, at.store->shard_count()), 1, 1 << 20);
    return log && !log->empty() ? log->back().index : 0;
  };
  auto stuck = std::make_shared<stream_witness>();
  auto behind = std::make_shared<stream_witness>();
  const auto first = at.replicas().open_stream(project_1, stuck);
  const auto second = at.replicas().open_stream(project_2, behind);
  BOOST_TEST_REQUIRE(stuck->wait(0));
  BOOST_TEST_REQUIRE(behind->wait(0));
  wires.isolate(at.name);
  const auto before = last_in_log();
  BOOST_TEST_REQUIRE(first->propose(1, named(project_1, "stuck")).ok());
  BOOST_TEST_REQUIRE(eventually([&] { return stuck->is_lost() || last_in_log() > before; }));
  (void)second->propose(1, named(project_2, "behind"));  // may be over already
  BOOST_TEST(eventually([&] { return stuck->is_lost() && behind->is_lost(); }));
  BOOST_TEST((behind->why_lost() == errc::not_primary));
}

BOOST_AUTO_TEST_CASE(shows_itself_to_operators_on_every_node) {
  BOOST_TEST_REQUIRE(all_in_sync());
  for (const auto* name : {"n1", "n2", "n3"})
    BOOST_TEST(eventually([&] {
      const auto view = (*this)[name].node->control().view();
      if (view.nodes.size() != 3 || view.shards.size() != 2) return false;
      for (const auto& n : view.nodes)
        if (n.state != domain::cluster_node_state::up || !n.connected) return false;
      for (const auto& s : view.shards)
        if (!s.served || s.replicas.size() != 3) return false;
      return true;
    }));
}

BOOST_AUTO_TEST_CASE(moves_the_shards_of_a_node_that_drains_and_takes_it_back) {
  start("n4");
  BOOST_TEST_REQUIRE(all_in_sync());
  const auto drained = primary();
  const auto asked = backup();
  bool done = false;
  (*this)[asked].node->control().drain(drained, [&](result<void> r) { done = r.ok(); });
  BOOST_TEST(eventually([&] {
    const auto now = in_sync(project_1);
    return now.size() == 3 &&
           std::none_of(now.begin(), now.end(), [&](const auto& m) { return m.node == drained; });
  }));
  BOOST_TEST(done);
  BOOST_TEST(put(project_1, "elsewhere"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::testing
