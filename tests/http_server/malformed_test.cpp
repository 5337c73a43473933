// Malformed and smuggling requests against the real listener: what each is answered, and that the
// connection ends whenever the framing is lost.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/http_server/test_server.hpp"

namespace taskdriver::http::test {
namespace {

struct bad_request_case {
  const char* why;
  std::string bytes;
  int status;
};

std::string with(const std::string& fields) {
  return "POST /x HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

std::string chunked(const std::string& body) {
  return with("Transfer-Encoding: chunked\r\n") + body;
}

std::vector<bad_request_case> request_line_cases() {
  return {
      {"an empty method", " / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a method that is no token", "G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"no target", "GET HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"two blanks before the target", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a blank inside the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a NUL in the target", std::string("GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n", 30), 400},
      {"a control character in the target", "GET /a\x01 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a DEL in the target", "GET /a\x7f HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a target without slash", "GET x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"* for another method than OPTIONS", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"authority-form", "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"absolute-form without authority", "GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"HTTP/0.9", "GET /\r\n\r\n", 400},
      {"HTTP/2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"a small http", "GET / http/1.1\r\nHost: h\r\n\r\n", 400},
      {"a version of two digits", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", 400},
      {"a blank after the version", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400},
      {"a TLS hello", "\x16\x03\x01\x02", 400},
      {"a lone LF first", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a lone CR first", "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a request line of 8 KiB and more", "GET /" + std::string(8200, 'a'), 414},
  };
}

std::vector<bad_request_case> field_cases() {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  return {
      {"LF ends the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400},
      {"LF ends a field", "GET / HTTP/1.1\r\nHost: h\n\r\n", 400},
      {"LF LF ends the head", "GET / HTTP/1.1\nHost: h\n\n", 400},
      {"CR inside a field", with("A: b\rc\r\n"), 400},
      {"a blank before the colon", with("A : b\r\n"), 400},
      {"a tab before the colon", with("A\t: b\r\n"), 400},
      {"no colon", with("Abc\r\n"), 400},
      {"no name", with(": b\r\n"), 400},
      {"a folded field", with("A: b\r\n c\r\n"), 400},
      {"a fold by tab", with("A: b\r\n\tc\r\n"), 400},
      {"a blank before the first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
      {"a NUL in a value", with(std::string("A: b\0c\r\n", 8)), 400},
      {"a control character in a value", with("A: b\x02\r\n"), 400},
      {"a DEL in a value", with("A: \x7f\r\n"), 400},
      {"a NUL in a name", with(std::string("A\0: b\r\n", 7)), 400},
      {"a name beyond ASCII", with("\xc3\xa4: b\r\n"), 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", with("Host: h\r\n"), 400},
      {"a Host of two words", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"101 fields", with(many), 431},
      {"a head beyond 16 KiB", with("A: " + std::string(17000, 'a') + "\r\n"), 431},
      {"a head beyond 16 KiB without end", "GET / HTTP/1.1\r\nA: " + std::string(17000, 'a'), 431},
      {"another expectation", with("Expect: 200-ok\r\nContent-Length: 1\r\n"), 417},
      {"a broken Connection list", with("Connection: a b\r\n"), 400},
  };
}

std::vector<bad_request_case> framing_cases() {
  const std::string tail = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  return {
      {"length and coding", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + tail,
       400},
      {"coding and length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + tail,
       400},
      {"two lengths that differ", with("Content-Length: 1\r\nContent-Length: 2\r\n") + tail, 400},
      {"two lengths that agree", with("Content-Length: 1\r\nContent-Length: 1\r\n") + tail, 400},
      {"a list of lengths", with("Content-Length: 1, 1\r\n") + tail, 400},
      {"a negative length", with("Content-Length: -1\r\n") + tail, 400},
      {"a length with a sign", with("Content-Length: +1\r\n") + tail, 400},
      {"a length in hex", with("Content-Length: 0x1\r\n") + tail, 400},
      {"letters for a length", with("Content-Length: abc\r\n") + tail, 400},
      {"letters after a length", with("Content-Length: 5x\r\n") + tail, 400},
      {"no length at all", with("Content-Length:\r\n") + tail, 400},
      {"a length beyond 64 bits", with("Content-Length: 18446744073709551616\r\n") + tail, 400},
      {"a length beyond the limit", with("Content-Length: 16777217\r\n"), 413},
      {"an unknown coding", with("Transfer-Encoding: gzip\r\n") + tail, 501},
      {"a coding under chunked", with("Transfer-Encoding: gzip, chunked\r\n") + tail, 501},
      {"chunked twice", with("Transfer-Encoding: chunked, chunked\r\n") + tail, 501},
      {"two codings", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + tail,
       400},
      {"identity", with("Transfer-Encoding: identity\r\n") + tail, 501},
      {"a vertical tab in chunked",
       with("Transfer-Encoding: \x0b"
            "chunked\r\n") +
           tail,
       400},
      {"a coding under HTTP/1.0",
       "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + tail, 400},
  };
}

std::vector<bad_request_case> chunk_cases() {
  return {
      {"no size", chunked("\r\nhello\r\n0\r\n\r\n"), 400},
      {"a size of letters", chunked("xyz\r\nhello\r\n0\r\n\r\n"), 400},
      {"a negative size", chunked("-5\r\nhello\r\n0\r\n\r\n"), 400},
      {"a size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"a blank before the size", chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400},
      {"a blank after the size", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400},
      {"a size beyond 64 bits", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
      {"LF after the size", chunked("5\nhello\r\n0\r\n\r\n"), 400},
      {"CR without LF after the size", chunked("5\rhello\r\n0\r\n\r\n"), 400},
      {"more data than the size", chunked("3\r\nhello\r\n0\r\n\r\n"), 400},
      {"less data than the size", chunked("7\r\nhello\r\n0\r\n\r\nxx"), 400},
      {"LF after the data", chunked("5\r\nhello\n0\r\n\r\n"), 400},
      {"a chunk beyond the limit", chunked("1000001\r\n"), 413},
      {"a line of extensions without end", chunked("5;" + std::string(5000, 'a')), 400},
      {"a long line of extensions", chunked("5;" + std::string(5000, 'a') + "\r\nhello\r\n"), 400},
      {"a control character in an extension", chunked("5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"), 400},
      {"a length among the trailers", chunked("0\r\nContent-Length: 5\r\n\r\n"), 400},
      {"a broken trailer", chunked("0\r\nA b\r\n\r\n"), 400},
      {"trailers without end", chunked("0\r\nA: " + std::string(5000, 'a')), 400},
  };
}

void expect_refused(const std::vector<bad_request_case>& cases) {
  test_server server;
  for (const bad_request_case& c : cases) {
    BOOST_TEST_CONTEXT(c.why) {
      client bad = server.connect();
      const client_response r = bad.ask(c.bytes);
      BOOST_TEST(r.status == c.status);
      BOOST_TEST(r.has("Connection: close\r\n"));
      BOOST_TEST(r.body.starts_with("{\"error\":"));
      BOOST_TEST(bad.sees_close());  // nothing behind a lost framing is ever answered
    }
  }
  BOOST_TEST(server.bodies().empty());  // and nothing reached the handler
  BOOST_TEST(server.connect().ask(get("/")).status == 200);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(malformed)

BOOST_AUTO_TEST_CASE(request_lines_are_refused) {
  expect_refused(request_line_cases());
}
BOOST_AUTO_TEST_CASE(header_fields_are_refused) {
  expect_refused(field_cases());
}
BOOST_AUTO_TEST_CASE(ambiguous_framing_is_refused) {
  expect_refused(framing_cases());
}
BOOST_AUTO_TEST_CASE(chunks_are_refused) {
  expect_refused(chunk_cases());
}

BOOST_AUTO_TEST_CASE(a_malformed_second_request_leaves_the_first_its_answer) {
  test_server server;
  client c = server.connect();
  c.send(get("/first") + "GET / HTTP/1.1\nHost: h\n\n");
  BOOST_TEST(c.receive().body == "GET /first ");
  BOOST_TEST(c.receive().status == 400);
  BOOST_TEST(c.sees_close());
}

BOOST_AUTO_TEST_CASE(a_refusal_survives_input_that_nobody_reads) {
  test_server server;
  client c = server.connect();
  c.send(with("Content-Length: 99999999\r\n") + std::string(1 << 20, 'x'));
  BOOST_TEST(c.receive().status == 413);
  c.finish_sending();
  BOOST_TEST(c.sees_close());  // FIN, not RST: client::fill would throw
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::http::test
