// The answer parser: whole answers, every cut of them, and malformed ones.
#include "tools/tdbench/http_answer.hpp"

#include <boost/test/unit_test.hpp>

namespace bench = taskdriver::bench;
using bench::parse_answer;
using bench::parse_state;

namespace {

const std::string plain =
    "HTTP/1.1 201 Created\r\ncontent-LENGTH: 5\r\nRetry-After: 7\r\nX: y\r\n\r\nhello";
const std::string in_chunks =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=1\r\n, you all.\r\n"
    "0\r\nTrailer: t\r\n\r\n";

bench::parse_outcome parse(const std::string& bytes) {
  static std::string store;
  return parse_answer(bytes, store);
}

bool refused(const std::string& bytes) {
  return parse(bytes).state == parse_state::malformed;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http_answer_parser)

BOOST_AUTO_TEST_CASE(takes_an_answer_with_a_length) {
  const auto parsed = parse(plain);
  BOOST_REQUIRE((parsed.state == parse_state::complete));
  BOOST_TEST(parsed.answer.status == 201);
  BOOST_TEST(parsed.answer.body == "hello");
  BOOST_TEST(parsed.answer.retry_after_s == 7);
  BOOST_TEST(!parsed.answer.closes);
  BOOST_TEST(parsed.used == plain.size());
}

BOOST_AUTO_TEST_CASE(joins_chunks) {
  const auto parsed = parse(in_chunks);
  BOOST_REQUIRE((parsed.state == parse_state::complete));
  BOOST_TEST(parsed.answer.body == "hello, you all.");
  BOOST_TEST(parsed.used == in_chunks.size());
}

BOOST_AUTO_TEST_CASE(waits_for_the_rest_wherever_an_answer_is_cut) {
  for (const std::string& whole : {plain, in_chunks}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      BOOST_TEST_CONTEXT("cut at " << size) {
        BOOST_TEST((parse(whole.substr(0, size)).state == parse_state::incomplete));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(leaves_what_follows_alone) {
  const auto parsed = parse(plain + "HTTP/1.1 200 OK\r\n");
  BOOST_REQUIRE((parsed.state == parse_state::complete));
  BOOST_TEST(parsed.used == plain.size());
}

BOOST_AUTO_TEST_CASE(skips_interim_answers) {
  const auto parsed = parse("HTTP/1.1 100 Continue\r\n\r\n" + plain);
  BOOST_REQUIRE((parsed.state == parse_state::complete));
  BOOST_TEST(parsed.answer.status == 201);
}

BOOST_AUTO_TEST_CASE(needs_no_length_where_there_is_no_body) {
  const auto parsed = parse("HTTP/1.1 204 No Content\r\n\r\n");
  BOOST_REQUIRE((parsed.state == parse_state::complete));
  BOOST_TEST(parsed.answer.body == "");
}

BOOST_AUTO_TEST_CASE(sees_that_the_connection_closes) {
  BOOST_TEST(
      parse("HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n").answer.closes);
  BOOST_TEST(parse("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").answer.closes);
}

BOOST_AUTO_TEST_CASE(refuses_what_it_cannot_delimit) {
  BOOST_TEST(refused("HTTP/1.1 200 OK\r\n\r\n"));
  BOOST_TEST(refused("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"));
  BOOST_TEST(refused("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"));
  BOOST_TEST(refused("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"));
  BOOST_TEST(refused(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_http) {
  BOOST_TEST(refused("SSH-2.0-OpenSSH_9.2\r\n\r\n"));
  BOOST_TEST(refused("HTTP/1.1 xx OK\r\n\r\n"));
  BOOST_TEST(refused("HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"));
  BOOST_TEST(refused(std::string(70000, 'a')));
}

BOOST_AUTO_TEST_CASE(refuses_broken_chunks) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  BOOST_TEST(refused(head + "zz\r\n"));
  BOOST_TEST(refused(head + "\r\n"));
  BOOST_TEST(refused(head + "2\r\nabc\r\n0\r\n\r\n"));
}

BOOST_AUTO_TEST_SUITE_END()
