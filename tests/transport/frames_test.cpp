// The parts below the sockets: frames, openings, windows, and who dials when.
#include <boost/test/unit_test.hpp>

#include "cluster/transport/frame_reader.hpp"
#include "cluster/transport/outbox.hpp"
#include "cluster/transport/peer_roster.hpp"
#include "tests/transport/loopback.hpp"

namespace {

using namespace taskdriver::testing;
using namespace taskdriver::cluster;

std::vector<std::string> read_in_pieces(const std::string& bytes, std::size_t piece_bytes) {
  frame_reader reader(peer_lane::main);
  std::vector<std::string> frames;
  for (std::size_t at = 0; at < bytes.size(); at += piece_bytes) {
    std::string_view piece = std::string_view(bytes).substr(at, piece_bytes);
    while (auto frame = reader.next(piece)) frames.push_back(std::move(*frame));
  }
  BOOST_TEST(!reader.broken());
  return frames;
}

struct a_roster {
  peer_limits limits;
  peer_roster m{{"test", "m", 1, 1}, limits, 42};
  a_roster() { m.set_peers({{"a", "h", 1}, {"m", "h", 2}, {"z", "h", 3}}); }

  /// How long after `now_ms` z is dialled again.
  std::int64_t next_dial_ms(std::int64_t now_ms) {
    for (std::int64_t later = 0; later <= 10'000; ++later)
      if (!m.due(now_ms + later).empty()) return later;
    return -1;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(frames)

BOOST_AUTO_TEST_CASE(are_the_same_however_the_bytes_are_cut) {
  const std::vector<std::string> sent = {"\1a", "\2" + std::string(300, 'b'), "\4"};
  std::string bytes;
  for (const auto& frame : sent) bytes += framed(frame);
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    BOOST_TEST(read_in_pieces(bytes, piece) == sent);
}

BOOST_AUTO_TEST_CASE(have_a_lane_by_their_kind) {
  for (int kind = 0; kind < 256; ++kind) {
    const auto byte = static_cast<std::uint8_t>(kind);
    const bool main = kind == 0 || (kind <= 6 && kind != 5);
    BOOST_TEST(kind_fits(peer_lane::main, byte) == main, kind);
    BOOST_TEST(kind_fits(peer_lane::bulk, byte) == (kind == 0 || kind == 5), kind);
  }
}

BOOST_AUTO_TEST_CASE(an_opening_is_incomplete_until_its_last_byte) {
  const std::string hello = encode_hello(hello_of("a", peer_lane::bulk, 9, 3));
  for (std::size_t bytes = 0; bytes < hello.size(); ++bytes)
    BOOST_TEST((read_opening(hello.substr(0, bytes)).is == opening::state::incomplete));
  const auto read = read_opening(hello + "more");
  BOOST_REQUIRE((read.is == opening::state::hello));
  BOOST_TEST(read.bytes == hello.size());
  BOOST_TEST((read.hello.lane == peer_lane::bulk && read.hello.session == 9));
  BOOST_TEST((read.hello.from.node == "a" && read.hello.from.boot == 3));
}

BOOST_AUTO_TEST_CASE(an_opening_with_a_name_that_nobody_may_have_is_malformed) {
  std::string hello = encode_hello(hello_of("a", peer_lane::main));
  hello[hello.find("\1a") + 1] = '\n';
  BOOST_TEST((read_opening(hello).is == opening::state::malformed));
}

BOOST_AUTO_TEST_CASE(an_outbox_gives_back_what_it_took_and_counts_the_window) {
  outbox out("a", peer_lane::main, 20);
  BOOST_TEST((out.push("\1abcde").value() == outbox::pushed::first));
  BOOST_TEST((out.push("\1fghij").value() == outbox::pushed::more));
  BOOST_TEST(!out.push("\1").ok());
  std::vector<char> bytes;
  out.take(bytes);
  BOOST_TEST(std::string(bytes.begin(), bytes.end()) == framed("\1abcde") + framed("\1fghij"));
  BOOST_TEST(!out.push("\1").ok());  // taken is not processed
  BOOST_TEST(!out.processed(21));
  BOOST_TEST(out.processed(10));
  BOOST_TEST(!out.processed(9));  // nothing is processed backwards
  BOOST_TEST(out.push("\1").ok());
  out.close();
  BOOST_TEST(!out.push("\1").ok());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(roster, a_roster)

BOOST_AUTO_TEST_CASE(the_smaller_name_dials) {
  const auto due = m.due(0);
  BOOST_REQUIRE(due.size() == 1u);
  BOOST_TEST(due[0].to.node == "z");
  BOOST_TEST(m.due(100'000).empty());  // it is under way
}

BOOST_AUTO_TEST_CASE(failures_are_retried_later_and_later) {
  m.due(0);
  std::int64_t longest = limits.retry_ms_min;
  for (int i = 0; i < 12; ++i) {
    m.ended("z", session_end::failed, 0);
    const auto delay = next_dial_ms(0);
    BOOST_TEST((delay >= longest / 2 && delay <= longest));
    longest = std::min(2 * longest, limits.retry_ms_max);
  }
  m.ended("z", session_end::lived, 0);
  BOOST_TEST(next_dial_ms(0) <= limits.retry_ms_min);
  m.ended("z", session_end::refused, 0);
  BOOST_TEST(next_dial_ms(0) == limits.retry_ms_max);
}

BOOST_AUTO_TEST_CASE(a_new_address_is_tried_at_once) {
  m.due(0);
  m.ended("z", session_end::refused, 0);
  m.set_peers({{"z", "elsewhere", 3}});
  BOOST_TEST(next_dial_ms(0) == 0);
}

BOOST_AUTO_TEST_CASE(a_certificate_that_names_nodes_vouches_only_for_them) {
  const auto hello = hello_of("a", peer_lane::main);
  BOOST_TEST(!m.judge(hello, {}));
  BOOST_TEST(!m.judge(hello, {"b", "a"}));
  BOOST_TEST((m.judge(hello, {"b"}) == refusal::wrong_name));
}

BOOST_AUTO_TEST_CASE(an_answer_must_be_that_of_the_node_that_was_dialled) {
  const peer_hello said{m.self(), 5, peer_lane::bulk};
  BOOST_TEST(!m.judge_answer(hello_of("z", peer_lane::bulk, 5), "z", said, {}));
  BOOST_TEST(
      (m.judge_answer(hello_of("a", peer_lane::bulk, 5), "z", said, {}) == refusal::wrong_name));
  BOOST_TEST((m.judge_answer(hello_of("z", peer_lane::main, 5), "z", said, {}) == refusal::stale));
  BOOST_TEST((m.judge_answer(hello_of("z", peer_lane::bulk, 4), "z", said, {}) == refusal::stale));
}

BOOST_AUTO_TEST_SUITE_END()
