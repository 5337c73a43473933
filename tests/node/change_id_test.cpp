// R2: no two changes of a shard's configuration ever have the same id, also when their author began
// anew in between.
#include <boost/test/unit_test.hpp>
#include <future>
#include <string>

#include "tests/node/local_cluster.hpp"

namespace taskdriver::testing {
namespace {

constexpr project_number project_1{1};

struct changing_cluster : local_cluster {
  cluster::change_id last_change() { return registered(project_1).change; }
  /// The primary drops a node that died and takes it back: the last change is its own.
  cluster::change_id change_by(const cluster::node_name& primary) {
    const cluster::node_name other = primary == "n1" ? "n2" : "n1";
    kill(other);
    BOOST_TEST_REQUIRE(eventually([&] { return in_sync(project_1).size() == 2u; }));
    start(other);
    BOOST_TEST_REQUIRE(all_in_sync());
    BOOST_TEST(last_change().node == primary);
    return last_change();
  }
  bool all_in_sync() {
    return eventually([&] { return in_sync(project_1).size() == 3u; });
  }
  void transfer_to(const cluster::node_name& name) {
    BOOST_TEST_REQUIRE(eventually([&] {
      auto told = std::make_shared<std::promise<result<void>>>();
      (*this)[name].node->control().transfer(
          shard_of(project_1, 2), name, [told](result<void> r) { told->set_value(std::move(r)); });
      return told->get_future().get().ok();
    }));
    BOOST_TEST_REQUIRE(eventually([&] { return registered(project_1).primary == name; }));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(changes_by_a_replica, changing_cluster)

/// In the same process: only the shard's replica begins anew, and counts its changes from 1 again.
BOOST_AUTO_TEST_CASE(have_ids_of_their_own_after_a_full_disk) {
  auto& disk = this->disk("n1");
  start("n1");
  BOOST_TEST_REQUIRE(put(project_1, "one"));
  kill("n1");  // the first configuration was the founder's; a restarted primary changes it
  start("n1");
  BOOST_TEST_REQUIRE(put(project_1, "two"));
  const auto before = registered(project_1);
  disk.set_space(0);
  auto refused = std::make_shared<stream_witness>();
  const auto stream = (*this)["n1"].replicas().open_stream(project_1, refused);
  (void)stream->propose(1, {});
  BOOST_TEST_REQUIRE(eventually([&] { return refused->is_lost(); }));
  disk.set_space(std::nullopt);
  BOOST_TEST_REQUIRE(eventually([&] { return registered(project_1).epoch > before.epoch; }));
  BOOST_TEST(last_change().node == "n1");
  BOOST_TEST(last_change().boot != before.change.boot);
  BOOST_TEST(put(project_1, "three"));
}

BOOST_AUTO_TEST_CASE(have_ids_of_their_own_after_a_lost_disk) {
  for (const auto* name : {"n1", "n2", "n3"}) start(name);
  BOOST_TEST_REQUIRE(put(project_1, "one"));
  BOOST_TEST_REQUIRE(all_in_sync());
  const auto author = registered(project_1).primary;
  const auto before = change_by(author);
  kill(author);
  lose_disk(author);
  BOOST_TEST_REQUIRE(put(project_1, "two"));
  start(author);
  BOOST_TEST_REQUIRE(all_in_sync());
  transfer_to(author);
  BOOST_TEST(change_by(author).boot != before.boot);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::testing
