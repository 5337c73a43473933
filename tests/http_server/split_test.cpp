// Every valid request, cut at every byte: what arrives above never depends on how it was cut.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/http_server/scripted_channel.hpp"
#include "tests/http_server/test_server.hpp"

namespace taskdriver::http::test {
namespace {

struct valid_case {
  const char* why;
  std::string bytes;
  std::string target;
  std::string body;
};

std::string chunked(const std::string& body) {
  return "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

std::vector<valid_case> valid_cases() {
  const std::string end = " HTTP/1.1\r\nHost: h\r\n\r\n";
  return {
      {"the least request", get("/"), "/", ""},
      {"empty lines first", "\r\n\r\n" + get("/a"), "/a", ""},
      {"a query", get("/a?b=c%20d&e"), "/a?b=c%20d&e", ""},
      {"absolute-form", "GET http://h:1/a?b" + end, "/a?b", ""},
      {"absolute-form without path", "GET http://h" + end, "/", ""},
      {"absolute-form with only a query", "GET http://h?q=1" + end, "/?q=1", ""},
      {"OPTIONS of the server", "OPTIONS *" + end, "*", ""},
      {"another method", "PATCH /a" + end, "/a", ""},
      {"HTTP/1.0 without Host", "GET /a HTTP/1.0\r\n\r\n", "/a", ""},
      {"many fields", "GET /a HTTP/1.1\r\nhOsT:h\r\nEmpty:\r\nB:\t b c \t\r\nC: \xc3\xa4\r\n\r\n",
       "/a", ""},
      {"a body", post("/b", "hello"), "/b", "hello"},
      {"a body with line breaks", post("/b", "\r\n\r\n0\r\n\r\n"), "/b", "\r\n\r\n0\r\n\r\n"},
      {"a length of 0", post("/b", ""), "/b", ""},
      {"one chunk", chunked("5\r\nhello\r\n0\r\n\r\n"), "/c", "hello"},
      {"chunks of one byte", chunked("1\r\nh\r\n1\r\ni\r\n0\r\n\r\n"), "/c", "hi"},
      {"no chunk", chunked("0\r\n\r\n"), "/c", ""},
      {"a last chunk of many zeros", chunked("000\r\n\r\n"), "/c", ""},
      {"sizes in hex", chunked("0A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), "/c",
       "01234567890123456789"},
      {"a chunk of line breaks", chunked("4\r\n\r\n\r\n\r\n0\r\n\r\n"), "/c", "\r\n\r\n"},
      {"extensions", chunked("2;a;b=c;d=\"e;f\"\r\nhi\r\n0;last\r\n\r\n"), "/c", "hi"},
      {"trailers", chunked("2\r\nhi\r\n0\r\nA: b\r\nHost: other\r\n\r\n"), "/c", "hi"},
  };
}

/// Plays the pieces and expects exactly the request of `c`, then `next` as a sign that nothing of
/// it was taken for the one or the other.
void expect_request(const valid_case& c, std::deque<std::string> pieces) {
  connection_fixture f;
  f.inline_answers = true;
  f.script.pieces = std::move(pieces);
  f.open();
  f.run();
  BOOST_REQUIRE(f.errors.empty());
  BOOST_REQUIRE(f.requests.size() == 2u);
  BOOST_REQUIRE(f.requests[0].target == c.target);
  BOOST_REQUIRE(f.requests[0].body == c.body);
  BOOST_REQUIRE(f.requests[1].target == "/next");
}

bool is_kept(const valid_case& c) {
  return c.bytes.find("HTTP/1.0") == std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_valid_request)

BOOST_AUTO_TEST_CASE(is_the_same_wherever_it_is_cut) {
  for (const valid_case& c : valid_cases()) {
    if (!is_kept(c)) continue;
    BOOST_TEST_CONTEXT(c.why) {
      const std::string all = c.bytes + get("/next");
      for (std::size_t at = 1; at < all.size(); ++at) {
        expect_request(c, {all.substr(0, at), all.substr(at)});
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(is_the_same_byte_by_byte) {
  for (const valid_case& c : valid_cases()) {
    if (!is_kept(c)) continue;
    BOOST_TEST_CONTEXT(c.why) {
      std::deque<std::string> bytes;
      for (const char b : c.bytes + get("/next")) bytes.emplace_back(1, b);
      expect_request(c, std::move(bytes));
    }
  }
}

BOOST_AUTO_TEST_CASE(is_the_same_on_the_real_listener_cut_in_two) {
  test_server server;
  for (const valid_case& c : valid_cases()) {
    BOOST_TEST_CONTEXT(c.why) {
      for (std::size_t at = 1; at < c.bytes.size(); at += 7) {
        client peer = server.connect();
        peer.send(c.bytes.substr(0, at));
        peer.send(c.bytes.substr(at));
        const client_response r = peer.receive();
        BOOST_REQUIRE(r.status == 200);
        BOOST_REQUIRE(r.body.ends_with(" " + c.target + " " + c.body));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(has_its_fields_trimmed_and_found_without_case) {
  connection_fixture f;
  f.script.pieces = {"GET /a HTTP/1.1\r\nhOsT: h\r\nX-One:\t a b \t\r\nEmpty:\r\n\r\n"};
  f.open();
  f.run();
  BOOST_REQUIRE(f.requests.size() == 1u);
  const header_list& fields = f.requests[0].headers;
  BOOST_TEST(fields.size() == 3u);
  BOOST_TEST((fields.find("HOST") == "h"));
  BOOST_TEST((fields.find("x-one") == "a b"));
  BOOST_TEST((fields.find("empty") == ""));
  BOOST_TEST((fields.find("absent") == std::nullopt));
  BOOST_TEST(fields.at(1).name == "X-One");
  BOOST_TEST(f.requests[0].remote_ip == "127.0.0.1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::http::test
