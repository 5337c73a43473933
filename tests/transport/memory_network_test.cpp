// The network in memory that other tests stand on: it must behave as the real one promises.
#include <boost/test/unit_test.hpp>

#include "tests/support/memory_network.hpp"
#include "tests/transport/recording_observer.hpp"

namespace {

using taskdriver::cluster::peer_lane;
using taskdriver::testing::memory_cluster_network;
using taskdriver::testing::recording_observer;
using calls = std::vector<std::string>;

struct two_nodes {
  memory_cluster_network wires{100};
  recording_observer told_a, told_b;
  std::unique_ptr<taskdriver::cluster::peer_network> a = wires.join({"test", "a", 1, 1}, told_a);
  std::unique_ptr<taskdriver::cluster::peer_network> b = wires.join({"test", "b", 2, 1}, told_b);

  void connect() {
    a->set_peers({{"a"}, {"b"}});
    b->set_peers({{"a"}, {"b"}});
    wires.deliver();
  }
  bool send(const std::string& text, peer_lane lane = peer_lane::main) {
    return a->send("b", lane, "\1" + text).ok();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(memory_network, two_nodes)

BOOST_AUTO_TEST_CASE(connects_nodes_that_know_each_other) {
  a->set_peers({{"b"}});
  BOOST_TEST(!a->connected("b"));
  b->set_peers({{"a"}});
  BOOST_TEST(a->connected("b"));
  BOOST_TEST(told_a.take().empty());  // told only by a delivery
  wires.deliver();
  BOOST_TEST(told_a.take() == calls{"+b"});
  BOOST_TEST(told_b.take() == calls{"+a"});
}

BOOST_AUTO_TEST_CASE(delivers_frames_in_order) {
  connect();
  BOOST_TEST((send("1") && send("2", peer_lane::bulk) && send("3")));
  wires.deliver();
  BOOST_TEST(told_b.take() == (calls{"+a", "a:1", "a/2", "a:3"}));
}

BOOST_AUTO_TEST_CASE(refuses_beyond_the_window_until_there_is_room) {
  connect();
  wires.hold("a", "b");
  BOOST_TEST(send(std::string(98, 'x')));
  BOOST_TEST(!send("y"));
  BOOST_TEST(send("z", peer_lane::bulk));  // a window of its own
  BOOST_TEST(wires.deliver() == 0u);
  wires.release("a", "b");
  wires.deliver();
  BOOST_TEST(send("y"));
}

BOOST_AUTO_TEST_CASE(a_cut_loses_what_is_on_its_way_and_tells_both) {
  connect();
  BOOST_TEST(send("lost"));
  wires.cut("b", "a");
  BOOST_TEST(!send("refused"));
  wires.heal("a", "b");
  BOOST_TEST(send("after"));
  wires.deliver();
  BOOST_TEST(told_b.take() == (calls{"+a", "-a", "+a", "a:after"}));
  BOOST_TEST(told_a.take() == (calls{"+b", "-b", "+b"}));
}

BOOST_AUTO_TEST_CASE(a_node_that_ends_is_missed_and_comes_back_with_another_boot) {
  connect();
  BOOST_TEST(send("lost"));
  a.reset();
  wires.deliver();
  BOOST_TEST(told_b.take() == (calls{"+a", "-a"}));
  a = wires.join({"test", "a", 1, 7}, told_a);
  connect();
  BOOST_TEST(told_b.take() == calls{"+a"});
  BOOST_TEST(told_b.identity("a").boot == 7u);
}

BOOST_AUTO_TEST_CASE(an_isolated_node_has_no_connection) {
  connect();
  wires.isolate("b");
  BOOST_TEST(!a->connected("b"));
  wires.rejoin("b");
  BOOST_TEST(a->connected("b"));
}

BOOST_AUTO_TEST_SUITE_END()
