// A shard moves away from a node with a real store: what it left goes, and it can come back.
#include <boost/test/unit_test.hpp>
#include <future>
#include <string>

#include "tests/node/local_cluster.hpp"

namespace taskdriver::testing {
namespace {

constexpr project_number project_1{1};
constexpr std::uint16_t shards = 2;

/// Four nodes, three replicas; what a shard leaves behind goes after 300 ms.
struct four_nodes : local_cluster {
  four_nodes() : local_cluster(shards) {
    for (const auto* name : {"n1", "n2", "n3", "n4"})
      start(name, [](auto& options) {
        options.placement.founding_ms = 2000;
        options.replica.drop_after_ms = 300;
      });
    BOOST_TEST_REQUIRE(put(project_1, "one"));
    BOOST_TEST_REQUIRE(eventually([&] { return in_sync(project_1).size() == 3u; }));
  }
  shard_id shard() const { return shard_of(project_1, shards); }
  cluster::node_name outside() {
    for (const auto* name : {"n1", "n2", "n3", "n4"})
      if (!is_member(name)) return name;
    return {};
  }
  bool is_member(const cluster::node_name& node) {
    for (const auto& m : in_sync(project_1))
      if (m.node == node) return true;
    return false;
  }
  cluster::node_name backup() {
    const auto* primary = primary_of(project_1);
    BOOST_TEST_REQUIRE(primary != nullptr);
    for (const auto& m : in_sync(project_1))
      if (m.node != primary->name) return m.node;
    return {};
  }
  void move(const cluster::node_name& from, const cluster::node_name& to) {
    BOOST_TEST_REQUIRE(eventually([&] {
      auto told = std::make_shared<std::promise<result<void>>>();
      (*this)["n1"].node->control().move(shard(), from, to,
                                         [told](result<void> r) { told->set_value(std::move(r)); });
      return told->get_future().get().ok();
    }));
    BOOST_TEST(eventually([&] { return !is_member(from) && is_member(to); }));
  }
  bool has_state(const cluster::node_name& node) {
    return (*this)[node].replicas().records().load_project(project_1).has_value();
  }
  bool is_gone(const cluster::node_name& node) {
    return eventually(
        [&] { return !has_state(node) && (*this)[node].store->applied(shard()) == 0; });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_shard_that_moves, four_nodes)

BOOST_AUTO_TEST_CASE(is_dropped_where_it_was_and_comes_back_with_everything) {
  const auto to = outside();
  const auto from = backup();
  BOOST_TEST_REQUIRE(eventually([&] { return has_state(from); }));
  for (int turn = 0; turn < 3; ++turn) {
    move(from, to);
    BOOST_TEST(is_gone(from));
    BOOST_TEST_REQUIRE(put(project_1, std::to_string(turn)));
    move(to, from);
    BOOST_TEST(eventually([&] { return has_state(from); }));
    BOOST_TEST(is_gone(to));
    BOOST_TEST(get(project_1) == std::to_string(turn));
  }
}

BOOST_AUTO_TEST_CASE(is_still_gone_after_a_restart) {
  const auto to = outside();
  const auto from = backup();
  BOOST_TEST_REQUIRE(eventually([&] { return has_state(from); }));
  move(from, to);
  BOOST_TEST(is_gone(from));
  kill(from);
  start(from);
  BOOST_TEST((*this)[from].store->position(shard()).value().last_index == 0u);
  BOOST_TEST((*this)[from].store->position(shard()).value().seen_epoch > 0u);
  BOOST_TEST(put(project_1, "two"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::testing
