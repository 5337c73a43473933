// Whoever else connects: garbage, liars, the slow, the mute and the many. None of it harms a node.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <iterator>
#include <list>

#include "cluster/transport/frame_reader.hpp"
#include "tests/transport/loopback.hpp"

namespace {

using namespace taskdriver::testing;
using namespace taskdriver::cluster;
using calls = std::vector<std::string>;

peer_network_options quick() {
  peer_network_options options;
  options.limits.handshake_ms = 200;
  options.limits.heartbeat_ms = 100;
  options.limits.silence_ms = 400;
  options.limits.strangers_max = 8;
  options.limits.main_window_bytes = 64 << 10;
  options.limits.bulk_window_bytes = 16 << 10;
  return options;
}

/// Node "m", which knows "a" and "z" as peers; a listens nowhere, z is never reached.
struct one_node {
  loopback_node m{"m", 1, quick()};
  one_node() { m.network->set_peers({{"a", "127.0.0.1", 1}, {"z", "127.0.0.1", 1}}); }

  /// What the node answers to this hello before it hangs up.
  opening answer_to(const peer_hello& hello) {
    raw_socket stranger(m.network->port());
    stranger.send(encode_hello(hello));
    return read_opening(stranger.read_all());
  }
  bool refuses(const peer_hello& hello, refusal why) {
    const auto answer = answer_to(hello);
    return answer.is == opening::state::refused && answer.why == why && m.told.take().empty();
  }
  bool hangs_up_on(std::string_view bytes) {
    raw_socket stranger(m.network->port());
    stranger.send(bytes);
    return stranger.ends();
  }
};

struct with_peer_a : one_node {
  raw_peer a{"a", m};
  with_peer_a() { BOOST_REQUIRE(m.told.wait_for("+a")); }

  /// After this the node must have ended the session with `a`, and still serve others.
  bool is_ended() { return m.told.wait_for("-a") && a.main.ends() && a.bulk.ends(); }
};

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stranger, one_node)

BOOST_AUTO_TEST_CASE(garbage_is_hung_up_on) {
  BOOST_TEST(hangs_up_on("GET / HTTP/1.1\r\n\r\n"));
  BOOST_TEST(hangs_up_on(std::string(100'000, '\xff')));
  BOOST_TEST(hangs_up_on(std::string("TDPH\0\0\0\1\xff\xff", 10)));  // a hello of 64 KiB
  BOOST_TEST(hangs_up_on(encode_refusal(refusal::stale)));
}

BOOST_AUTO_TEST_CASE(a_hello_that_does_not_come_in_time_is_not_waited_for) {
  BOOST_TEST(hangs_up_on(""));
  const auto hello = encode_hello(hello_of("a", peer_lane::main));
  BOOST_TEST(hangs_up_on(hello.substr(0, hello.size() - 1)));
}

BOOST_AUTO_TEST_CASE(a_lane_without_its_sister_is_not_waited_for) {
  raw_socket lonely(m.network->port());
  lonely.send(encode_hello(hello_of("a", peer_lane::main)));
  BOOST_TEST(lonely.ends());
  BOOST_TEST(m.told.take().empty());
}

BOOST_AUTO_TEST_CASE(is_told_why_it_is_refused) {
  auto foreign = hello_of("a", peer_lane::main);
  foreign.from.cluster = "other";
  BOOST_TEST(refuses(foreign, refusal::foreign_cluster));
  auto newer = hello_of("a", peer_lane::main);
  newer.from.protocol = 2;
  BOOST_TEST(refuses(newer, refusal::unknown_protocol));
  BOOST_TEST(refuses(hello_of("m", peer_lane::main), refusal::same_node));
  BOOST_TEST(refuses(hello_of("b", peer_lane::main), refusal::unknown_node));
  BOOST_TEST(refuses(hello_of("z", peer_lane::main), refusal::stale));  // m dials z
}

BOOST_AUTO_TEST_CASE(many_at_once_are_bounded_and_peers_still_come_in) {
  const std::size_t before = open_descriptors();
  {
    std::list<raw_socket> flood;
    for (int i = 0; i < 200; ++i) flood.emplace_back(m.network->port());
    for (auto& each : flood) BOOST_REQUIRE(each.ends());
  }
  raw_peer a("a", m);
  BOOST_TEST(m.told.wait_for("+a"));
  BOOST_TEST(open_descriptors() <= before + 8);  // the two lanes' four ends, and dials under way
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(bad_peer, with_peer_a)

BOOST_AUTO_TEST_CASE(whole_frames_before_a_truncated_one_are_delivered) {
  a.main.send(framed(replica_kind + "whole") + framed(replica_kind + "cut").substr(0, 6));
  BOOST_TEST(m.told.wait_for("a:whole"));
  BOOST_TEST(is_ended());  // it stays silent
  BOOST_TEST((m.told.take() == calls{"+a", "a:whole", "-a"}));
}

BOOST_AUTO_TEST_CASE(a_frame_of_an_impossible_length_ends_the_session) {
  a.main.send(std::string("\xff\xff\xff\xff\1", 5));
  BOOST_TEST(is_ended());
}

BOOST_AUTO_TEST_CASE(an_empty_frame_ends_the_session) {
  a.main.send(std::string(4, '\0'));
  BOOST_TEST(is_ended());
}

BOOST_AUTO_TEST_CASE(a_kind_that_the_lane_does_not_have_ends_the_session) {
  a.bulk.send(framed(replica_kind + "entries on bulk"));
  BOOST_TEST(is_ended());
}

BOOST_AUTO_TEST_CASE(a_bulk_frame_that_is_too_long_ends_the_session) {
  a.bulk.send(framed(checkpoint_kind + std::string(bulk_frame_bytes_max, 'x')));
  BOOST_TEST(is_ended());
}

BOOST_AUTO_TEST_CASE(a_window_that_cannot_be_ends_the_session) {
  a.main.send(encode_window_frame(1));  // nothing was sent to it
  BOOST_TEST(is_ended());
}

BOOST_AUTO_TEST_CASE(silence_ends_the_session_even_if_the_socket_lives) {
  BOOST_TEST(is_ended());
}

BOOST_AUTO_TEST_CASE(a_replayed_hello_does_not_replace_the_session) {
  const auto answer = answer_to(hello_of("a", peer_lane::main));
  BOOST_TEST((answer.is == opening::state::refused && answer.why == refusal::stale));
  a.main.send(framed(replica_kind + "still me"));
  BOOST_TEST(m.told.wait_for("a:still me"));
}

BOOST_AUTO_TEST_CASE(another_process_of_the_node_replaces_the_session) {
  raw_peer again("a", m, 1, 2);
  BOOST_TEST(m.told.wait_for("-a"));
  BOOST_TEST((a.main.ends() && a.bulk.ends()));
  again.main.send(framed(replica_kind + "me now"));
  BOOST_TEST(m.told.wait_for("a:me now"));
  BOOST_TEST(m.told.identity("a").boot == 2u);
}

BOOST_AUTO_TEST_CASE(a_later_dial_of_the_process_replaces_the_session) {
  raw_peer again("a", m, 2);
  BOOST_TEST(m.told.wait_for("-a"));
  again.main.send(framed(replica_kind + "dialled again"));
  BOOST_TEST(m.told.wait_for("a:dialled again"));
}

BOOST_AUTO_TEST_CASE(a_full_window_refuses_until_the_peer_grants_more) {
  const std::string piece(1000, 'x');
  int sent = 0;
  while (m.send("a", piece, peer_lane::bulk)) ++sent;
  BOOST_TEST(sent == (16 << 10) / (4 + 1001));
  const auto refused = m.network->send("a", peer_lane::bulk, checkpoint_kind + piece);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().code == taskdriver::errc::unavailable));
  BOOST_TEST(m.send("a", "main is free"));  // and is not behind the bulk that nobody reads
  const std::string expected = framed(replica_kind + "main is free");
  BOOST_TEST(a.main.read(expected.size()) == expected);
  // The frame behind the grant shows when the grant has been seen.
  a.bulk.send(encode_window_frame(3 * 1005) + framed(checkpoint_kind + "seen"));
  BOOST_REQUIRE(m.told.wait_for("a/seen"));
  for (int i = 0; i < 3; ++i) BOOST_TEST(m.send("a", piece, peer_lane::bulk));
  BOOST_TEST(!m.send("a", piece, peer_lane::bulk));
}

BOOST_AUTO_TEST_CASE(frames_before_the_other_lane_is_greeted_are_kept_for_it) {
  raw_socket main(m.network->port()), bulk(m.network->port());
  main.send(encode_hello(hello_of("a", peer_lane::main, 2)) + framed(replica_kind + "early"));
  bulk.send(encode_hello(hello_of("a", peer_lane::bulk, 2)));
  BOOST_TEST(m.told.wait_for("a:early"));
  BOOST_TEST((m.told.take() == calls{"+a", "-a", "+a", "a:early"}));
}

BOOST_AUTO_TEST_SUITE_END()
