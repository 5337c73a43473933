// What a well-behaved client may expect: kept connections, pipelines, HEAD, 100-continue.
#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/http_server/test_server.hpp"

namespace taskdriver::http::test {

BOOST_FIXTURE_TEST_SUITE(keep_alive, test_server)

BOOST_AUTO_TEST_CASE(answers_many_requests_on_one_connection) {
  client c = connect();
  for (int i = 0; i < 100; ++i) {
    const std::string target = "/" + std::to_string(i);
    const client_response r = c.ask(get(target));
    BOOST_TEST(r.body == "GET " + target + " ");
    BOOST_TEST(!r.has("Connection:"));
    BOOST_TEST(r.has("\r\nDate: "));
  }
  BOOST_TEST(running().statistics().connections_accepted == 1u);
  BOOST_TEST(running().statistics().requests == 100u);
}

BOOST_AUTO_TEST_CASE(answers_a_pipeline_in_order_whoever_answers) {
  client c = connect();
  std::string all;
  for (int i = 0; i < 200; ++i) all += get((i % 3 == 0 ? "/later" : "/") + std::to_string(i));
  c.send(all);
  for (int i = 0; i < 200; ++i) {
    const std::string n = std::to_string(i);
    BOOST_TEST(c.receive().body == (i % 3 == 0 ? "/later" + n : "GET /" + n + " "));
  }
}

BOOST_AUTO_TEST_CASE(closes_when_the_client_asks_for_it) {
  client c = connect();
  const client_response r = c.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  BOOST_TEST(r.has("Connection: close\r\n"));
  BOOST_TEST(c.sees_close());
}

BOOST_AUTO_TEST_CASE(closes_after_http_1_0) {
  client c = connect();
  BOOST_TEST(c.ask("GET / HTTP/1.0\r\n\r\n").has("Connection: close\r\n"));
  BOOST_TEST(c.sees_close());
}

BOOST_AUTO_TEST_CASE(keeps_http_1_0_when_it_asks_for_it) {
  client c = connect();
  const std::string ask = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  BOOST_TEST(c.ask(ask).has("Connection: keep-alive\r\n"));
  BOOST_TEST(c.ask(ask).status == 200);
}

BOOST_AUTO_TEST_CASE(answers_head_with_the_length_but_without_the_body) {
  client c = connect();
  c.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n" + get("/y"));
  BOOST_TEST(c.receive(true).has("Content-Length: 8\r\n"));
  BOOST_TEST(c.receive().body == "GET /y ");
}

BOOST_AUTO_TEST_CASE(sends_no_length_and_no_body_with_204) {
  client c = connect();
  const client_response r = c.ask(get("/empty"));
  BOOST_TEST(r.status == 204);
  BOOST_TEST(!r.has("Content-"));
  BOOST_TEST(c.ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_CASE(tells_a_waiting_client_to_continue) {
  client c = connect();
  const std::string head =
      "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
  BOOST_TEST(c.ask(head).status == 100);
  BOOST_TEST(c.ask("hello").body == "POST /x hello");
}

BOOST_AUTO_TEST_CASE(refuses_a_waiting_client_whose_body_would_be_too_large) {
  client c = connect();
  const client_response r = c.ask(
      "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
  BOOST_TEST(r.status == 413);
  BOOST_TEST(c.sees_close());
}

BOOST_AUTO_TEST_CASE(takes_a_body_of_just_the_limit) {
  client c = connect();
  const std::string body(16 << 20, 'x');
  BOOST_TEST(c.ask(post("/later", body)).status == 200);
  BOOST_TEST((bodies().front() == body));
}

BOOST_AUTO_TEST_CASE(sends_a_large_answer_whole) {
  client c = connect();
  BOOST_TEST((c.ask(get("/big")).body == std::string(big_bytes, 'b')));
  BOOST_TEST(c.ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_CASE(answers_a_client_that_has_finished_sending) {
  client c = connect();
  c.send(get("/later1") + get("/2"));
  c.finish_sending();
  BOOST_TEST(c.receive().body == "/later1");
  BOOST_TEST(c.receive().body == "GET /2 ");
  BOOST_TEST(c.sees_close());
}

BOOST_AUTO_TEST_CASE(answers_503_when_nobody_else_does) {
  client c = connect();
  BOOST_TEST(c.ask(get("/drop")).status == 503);
  BOOST_TEST(c.ask(get("/throw")).status == 503);
  BOOST_TEST(c.ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::http::test
