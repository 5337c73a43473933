// Nodes that mean well, on loopback: order, windows, restarts, changes of who is a peer.
#include <boost/test/unit_test.hpp>

#include "tests/transport/loopback.hpp"

namespace {

using namespace taskdriver::testing;
using taskdriver::errc;
using taskdriver::cluster::peer_lane;
using taskdriver::cluster::peer_network_options;
using calls = std::vector<std::string>;

struct two_connected_nodes {
  loopback_node a{"a"}, b{"b"};
  two_connected_nodes() {
    connect_all({&a, &b});
    a.told.take();
    b.told.take();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(loopback)

BOOST_FIXTURE_TEST_CASE(tells_who_the_peer_is, two_connected_nodes) {
  const auto peer = a.told.identity("b");
  BOOST_TEST(peer.cluster == "test");
  BOOST_TEST(peer.store == 7u);
  BOOST_TEST(peer.boot == 1u);
  BOOST_TEST(peer.http == "127.0.0.1:1");
  BOOST_TEST((a.network->connected("b") && b.network->connected("a")));
}

BOOST_FIXTURE_TEST_CASE(keeps_the_order_of_frames_in_both_directions, two_connected_nodes) {
  calls sent_by_a, sent_by_b;
  for (int i = 0; i < 2000; ++i) {
    const std::string number = std::to_string(i);
    BOOST_REQUIRE((a.send("b", number) && b.send("a", number)));
    sent_by_a.push_back("a:" + number);
    sent_by_b.push_back("b:" + number);
  }
  BOOST_TEST(b.told.wait_for("a:1999"));
  BOOST_TEST(a.told.wait_for("b:1999"));
  BOOST_TEST(b.told.take() == sent_by_a);
  BOOST_TEST(a.told.take() == sent_by_b);
}

BOOST_FIXTURE_TEST_CASE(carries_the_largest_frames_of_both_lanes, two_connected_nodes) {
  using namespace taskdriver::cluster;
  BOOST_TEST(a.send("b", std::string(main_frame_bytes_max - 1, 'm')));
  BOOST_TEST(a.send("b", std::string(bulk_frame_bytes_max - 1, 'k'), peer_lane::bulk));
  BOOST_TEST(b.told.wait([](const calls& so_far) { return so_far.size() == 2; }));
  BOOST_TEST(b.told.bytes() == main_frame_bytes_max + bulk_frame_bytes_max);
}

BOOST_FIXTURE_TEST_CASE(refuses_a_frame_that_is_too_long_without_harm, two_connected_nodes) {
  const std::string frame(taskdriver::cluster::bulk_frame_bytes_max + 1, '\5');
  const auto sent = a.network->send("b", peer_lane::bulk, frame);
  BOOST_REQUIRE(!sent.ok());
  BOOST_TEST((sent.error().code == errc::payload_too_large));
  BOOST_TEST(a.send("b", "still there"));
  BOOST_TEST(b.told.wait_for("a:still there"));
}

BOOST_FIXTURE_TEST_CASE(a_node_that_restarts_is_another_process_of_the_same_node,
                        two_connected_nodes) {
  const auto b_address = b.address();
  b.network.reset();
  BOOST_TEST(a.told.wait_for("-b"));
  const auto sent = a.network->send("b", peer_lane::main, "\1lost");
  BOOST_REQUIRE(!sent.ok());
  BOOST_TEST((sent.error().code == errc::unavailable));
  peer_network_options same_port;
  same_port.port = b_address.port;
  loopback_node again("b", 2, same_port);
  again.network->set_peers({a.address()});
  BOOST_TEST(a.told.wait_for("+b"));
  BOOST_TEST(a.told.identity("b").boot == 2u);
  BOOST_TEST(a.send("b", "hello again"));
  BOOST_TEST(again.told.wait_for("a:hello again"));
}

BOOST_FIXTURE_TEST_CASE(a_node_that_is_a_peer_no_more_is_hung_up_on, two_connected_nodes) {
  b.network->set_peers({});
  BOOST_TEST(b.told.wait_for("-a"));
  BOOST_TEST(a.told.wait_for("-b"));
  b.network->set_peers({a.address()});
  BOOST_TEST(b.told.wait_for("+a"));
}

BOOST_AUTO_TEST_CASE(a_new_node_comes_in_as_soon_as_it_is_known) {
  loopback_node a("a"), b("b");
  a.network->set_peers({b.address()});  // b does not know a, and refuses it for now
  b.network->set_peers({a.address()});
  BOOST_TEST(a.told.wait_for("+b"));
  BOOST_TEST(b.told.wait_for("+a"));
}

BOOST_AUTO_TEST_CASE(three_nodes_have_a_connection_each) {
  loopback_node a("a"), b("b"), c("c");
  connect_all({&a, &b, &c});
  BOOST_TEST((a.send("b", "ab") && b.send("c", "bc") && c.send("a", "ca")));
  BOOST_TEST(b.told.wait_for("a:ab"));
  BOOST_TEST(c.told.wait_for("b:bc"));
  BOOST_TEST(a.told.wait_for("c:ca"));
}

BOOST_AUTO_TEST_CASE(windows_are_granted_again_without_end) {
  peer_network_options small;
  small.limits.main_window_bytes = 4096;
  loopback_node a("a", 1, small), b("b", 1, small);
  connect_all({&a, &b});
  b.told.take();
  for (int i = 0; i < 200; ++i) {
    const std::string number = std::to_string(i);
    BOOST_REQUIRE(a.send("b", number + std::string(1000, 'x')));
    BOOST_REQUIRE(b.told.wait(
        [&](const calls& so_far) { return so_far.size() == static_cast<std::size_t>(i) + 1; }));
    BOOST_REQUIRE(b.send("a", number));  // comes back behind the window that it grants
    BOOST_REQUIRE(a.told.wait_for("b:" + number));
  }
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_told_at_the_start) {
  loopback_node a("a");
  recording_observer told;
  peer_network_options same_port;
  same_port.port = a.address().port;
  const auto second =
      taskdriver::cluster::caf_peer_network::start({"test", "b", 1, 1}, same_port, told);
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST(second.error().text.find("cannot listen for peers on 127.0.0.1") == 0u);
}

BOOST_AUTO_TEST_CASE(frames_in_the_clear_stay_on_loopback_unless_asked_for) {
  using taskdriver::cluster::check_transport_security;
  peer_network_options options;
  for (const char* host : {"127.0.0.1", "127.8.0.1", "::1", "localhost"}) {
    options.host = host;
    BOOST_TEST(check_transport_security(options, false).ok(), host);
  }
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "node-1", "127.0.0.1.example.org"}) {
    options.host = host;
    BOOST_TEST(!check_transport_security(options, false).ok(), host);
    BOOST_TEST(check_transport_security(options, true).ok(), host);
  }
  options.tls.emplace();
  BOOST_TEST(check_transport_security(options, false).ok());
}

BOOST_AUTO_TEST_SUITE_END()
