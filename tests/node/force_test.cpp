// An operator forces what is left of a shard, on nodes with real stores in one process.
#include <boost/test/unit_test.hpp>
#include <future>
#include <string>

#include "tests/node/local_cluster.hpp"

namespace taskdriver::testing {
namespace {

constexpr project_number project_1{1};

/// n3 was dropped and lacks "two", which n1 and n2 have; all three are down.
struct one_left_behind : local_cluster {
  one_left_behind() {
    for (const auto* name : {"n1", "n2", "n3"}) start(name);
    BOOST_TEST_REQUIRE(put(project_1, "one"));
    BOOST_TEST_REQUIRE(eventually([&] { return in_sync(project_1).size() == 3u; }));
    kill("n3");
    BOOST_TEST_REQUIRE(put(project_1, "two"));
    BOOST_TEST_REQUIRE(eventually([&] { return in_sync(project_1).size() == 2u; }));
  }
  void kill_both() {
    for (const auto* name : {"n1", "n2"})
      BOOST_TEST_REQUIRE(eventually([&] { return at(name) == "two"; }));
    for (const auto* name : {"n1", "n2"}) kill(name);
  }
  /// Without insisting.
  result<void> force_n3() {
    auto told = std::make_shared<std::promise<result<void>>>();
    (*this)["n3"].node->control().force(shard_of(project_1, 2), "n3", false,
                                        [told](result<void> r) { told->set_value(std::move(r)); });
    return told->get_future().get();
  }
  /// The record that a node itself has.
  std::string at(const cluster::node_name& node) {
    const auto found = (*this)[node].replicas().records().load_project(project_1);
    return found ? found->name : "";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_force, one_left_behind)

BOOST_AUTO_TEST_CASE(is_refused_while_a_store_in_sync_is_up) {
  start("n3");
  const auto refused = [&] {
    const auto told = force_n3();
    BOOST_TEST(!told.ok());
    return told.error().code == errc::in_use;
  };
  BOOST_TEST(eventually(refused));  // once n3 knows the others
}

BOOST_AUTO_TEST_CASE(is_not_hindered_by_nodes_that_came_back_without_their_disks) {
  kill_both();
  for (const auto* name : {"n1", "n2"}) lose_disk(name);
  for (const auto* name : {"n3", "n1", "n2"}) start(name);
  BOOST_TEST(eventually([&] { return force_n3().ok(); }));
  BOOST_TEST(get(project_1) == "one");
  BOOST_TEST(put(project_1, "three"));
  BOOST_TEST(eventually([&] { return in_sync(project_1).size() == 3u; }));
}

BOOST_AUTO_TEST_CASE(overwrites_what_comes_back_with_more) {
  kill_both();
  start("n3");
  BOOST_TEST(eventually([&] { return force_n3().ok(); }));
  start("n1");
  BOOST_TEST(eventually([&] { return in_sync(project_1).size() == 2u; }));
  BOOST_TEST(get(project_1) == "one");
  BOOST_TEST(eventually([&] { return at("n1") == "one"; }));
  BOOST_TEST(put(project_1, "three"));
  BOOST_TEST(eventually([&] { return at("n1") == "three"; }));
  start("n2");
  BOOST_TEST(eventually([&] { return at("n2") == "three"; }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::testing
