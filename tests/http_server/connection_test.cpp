// The connection's state machine, with a script for a socket: what no real network does on demand.
#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/http_server/scripted_channel.hpp"
#include "tests/http_server/test_server.hpp"

namespace taskdriver::http::test {
namespace {

struct open_connection : connection_fixture {
  open_connection() {
    script.ends = false;
    open();
  }
  void client_sends(const std::string& bytes) {
    script.pieces.push_back(bytes);
    run();
  }
  void answer_first(const std::string& body) {
    responder r = std::move(waiting.front());
    waiting.pop_front();
    r.send({.body = body});
    collect_mail();
  }
  bool got(const std::string& text) const { return script.written.find(text) != std::string::npos; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_connection, open_connection)

BOOST_AUTO_TEST_CASE(reads_nothing_while_an_answer_is_pending) {
  client_sends(get("/1"));
  client_sends(get("/2"));
  BOOST_TEST(requests.size() == 1u);
  BOOST_TEST(script.pieces.size() == 1u);  // left in the kernel
  BOOST_TEST((script.waiting_for == byte_channel::interest::hang_up));
  answer_first("one");
  run();
  BOOST_TEST(requests.size() == 2u);
  BOOST_TEST(got("one"));
}

BOOST_AUTO_TEST_CASE(answers_a_pipeline_in_order_and_one_at_a_time) {
  client_sends(get("/1") + get("/2") + get("/3"));
  for (const std::string body : {"one", "two", "three"}) {
    BOOST_TEST(waiting.size() == 1u);
    answer_first(body);
  }
  BOOST_TEST(requests.size() == 3u);
  BOOST_TEST(script.written.find("one") < script.written.find("two"));
  BOOST_TEST(script.written.find("two") < script.written.find("three"));
}

BOOST_AUTO_TEST_CASE(tells_its_responder_of_a_client_that_hung_up) {
  client_sends(get("/park"));
  BOOST_TEST(!waiting.front().gone());
  script.ends = true;
  peer().on_ready();
  BOOST_TEST(waiting.front().gone());
  BOOST_TEST((script.waiting_for == byte_channel::interest::nothing));
}

BOOST_AUTO_TEST_CASE(still_answers_a_client_that_only_half_closed) {
  client_sends(get("/park"));
  script.ends = true;
  peer().on_ready();
  answer_first("for nc");
  BOOST_TEST(got("for nc"));
  run();
  BOOST_TEST(peer().closed());
}

BOOST_AUTO_TEST_CASE(sees_a_hang_up_behind_bytes_that_it_does_not_read) {
  client_sends(get("/park"));
  client_sends("more");
  BOOST_TEST(!waiting.front().gone());
  script.pieces.clear();  // what the kernel tells then: the end of the client's sending
  script.ends = true;
  peer().on_ready();
  BOOST_TEST(waiting.front().gone());
}

BOOST_AUTO_TEST_CASE(ends_with_a_reset_while_its_answer_is_pending) {
  client_sends(get("/park"));
  script.reset = true;
  peer().on_ready();
  BOOST_TEST(peer().closed());
  BOOST_TEST(waiting.front().gone());
  answer_first("late");
  BOOST_TEST(script.written.empty());
}

BOOST_AUTO_TEST_CASE(answers_503_for_a_responder_that_was_dropped) {
  client_sends(get("/park"));
  waiting.clear();
  collect_mail();
  BOOST_TEST(got("HTTP/1.1 503 "));
  BOOST_TEST(!peer().closed());
}

BOOST_AUTO_TEST_CASE(sends_an_answer_whole_however_little_each_write_takes) {
  script.room = [n = 0]() mutable { return std::size_t(n++ % 3); };  // 0 = would block
  client_sends(post("/x", "a"));
  const std::string body(40'000, 'b');
  answer_first(body);
  BOOST_TEST((script.waiting_for == byte_channel::interest::writable));
  for (int i = 0; i < 100'000 && script.waiting_for == byte_channel::interest::writable; ++i) {
    peer().on_ready();
  }
  BOOST_TEST(script.written.ends_with("\r\n\r\n" + body));
  BOOST_TEST((script.waiting_for == byte_channel::interest::readable));
}

BOOST_AUTO_TEST_CASE(drops_a_reader_that_takes_nothing_for_write_ms) {
  script.room = [] { return std::size_t(0); };
  client_sends(get("/x"));
  answer_first("never read");
  advance_ms(29'999);
  BOOST_TEST(!peer().closed());
  advance_ms(1);
  BOOST_TEST(peer().closed());
}

BOOST_AUTO_TEST_CASE(closes_silently_when_idle_for_idle_ms) {
  advance_ms(60'000);
  BOOST_TEST(peer().closed());
  BOOST_TEST(script.written.empty());
}

BOOST_AUTO_TEST_CASE(never_times_out_a_request_that_the_server_is_working_on) {
  client_sends(get("/park"));
  advance_ms(3'600'000);
  answer_first("patience");
  BOOST_TEST(got("patience"));
}

BOOST_AUTO_TEST_CASE(answers_408_to_a_head_that_never_ends) {
  client_sends("GET / HT");
  advance_ms(10'000);
  BOOST_TEST(got("HTTP/1.1 408 "));
  BOOST_TEST(got("Connection: close\r\n"));
  BOOST_TEST(script.got_fin);
}

BOOST_AUTO_TEST_CASE(answers_408_to_a_body_that_never_ends) {
  client_sends("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf");
  advance_ms(30'000);
  BOOST_TEST(got("HTTP/1.1 408 "));
  BOOST_TEST(requests.empty());
}

BOOST_AUTO_TEST_CASE(answers_503_when_too_many_large_bodies_are_arriving) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n";
  const std::size_t limit = services().options.limits.arriving_bytes_max;
  services().counters.arriving.add(limit - 500'000);  // of other connections
  client_sends(head + std::string(500'000, 'x'));
  BOOST_TEST(script.written.empty());
  client_sends("x");
  BOOST_TEST(got("HTTP/1.1 503 "));
  BOOST_TEST(services().counters.arriving.value() == limit - 500'000);  // it gave its share back
}

BOOST_AUTO_TEST_CASE(gives_the_share_of_a_body_back_when_it_is_complete) {
  const std::string body(200'000, 'x');
  client_sends(post("/x", body).substr(0, 150'000));
  BOOST_TEST(services().counters.arriving.value() > 64'000u);
  client_sends(post("/x", body).substr(150'000));
  BOOST_TEST(requests.size() == 1u);
  BOOST_TEST(services().counters.arriving.value() == 0u);
}

BOOST_AUTO_TEST_CASE(stops_lingering_after_linger_ms) {
  client_sends("nonsense\r\n\r\n");
  BOOST_TEST(script.got_fin);
  BOOST_TEST(!peer().closed());
  advance_ms(2'000);
  BOOST_TEST(peer().closed());
}

BOOST_AUTO_TEST_CASE(keeps_line_breaks_out_of_its_headers) {
  client_sends(get("/x"));
  responder r = std::move(waiting.front());
  r.send({.headers = {{"X-Name", std::string_view("a\r\nSet-Cookie: b\0", 17)}}});
  collect_mail();
  BOOST_TEST(got("X-Name: a  Set-Cookie: b \r\n"));
}

BOOST_AUTO_TEST_CASE(forgets_the_request_before_when_it_refuses_one) {
  client_sends("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  answer_first("unseen");
  BOOST_TEST(!got("unseen"));
  client_sends("GET / HTTP/1.1\r\n\r\n");
  BOOST_TEST(got("the Host header is missing"));  // the answer to HEAD had no body, this one has
}

BOOST_AUTO_TEST_CASE(goes_when_told_to_drain_while_idle_and_answers_first_otherwise) {
  client_sends(get("/x"));
  peer().begin_drain();
  BOOST_TEST(!peer().closed());
  answer_first("last");
  BOOST_TEST(got("Connection: close\r\n"));
  BOOST_TEST(script.got_fin);

  script = {};
  script.ends = false;
  open();
  peer().begin_drain();
  BOOST_TEST(peer().closed());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::http::test
