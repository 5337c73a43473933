// The end of a server: what is under way is answered, the rest is closed, late answers do no harm.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <string>

#include "tests/http_server/test_server.hpp"

namespace taskdriver::http::test {
namespace {

using namespace std::chrono_literals;

struct draining : test_server {
  void start_drain(std::chrono::milliseconds patience) {
    drained =
        std::async(std::launch::async, [this, patience] { return running().drain(patience); });
  }
  std::future<bool> drained;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(drain, draining)

BOOST_AUTO_TEST_CASE(closes_idle_connections_and_answers_parked_requests) {
  client idle = connect();
  idle.ask(get("/"));
  client busy = connect();
  busy.send(get("/park"));
  auto waiting = take_parked(1);
  start_drain(60s);
  BOOST_TEST(idle.sees_close());
  waiting[0].send({.body = "last"});
  const client_response r = busy.receive();
  BOOST_TEST(r.body == "last");
  BOOST_TEST(r.has("Connection: close\r\n"));
  BOOST_TEST(busy.sees_close());
  busy.close();
  BOOST_TEST(drained.get());
}

BOOST_AUTO_TEST_CASE(lets_a_request_finish_that_has_begun) {
  client c = connect();
  c.send("POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  BOOST_TEST(c.receive().status == 100);
  start_drain(60s);
  BOOST_TEST(c.ask("hello").body == "POST /x hello");
  BOOST_TEST(c.sees_close());
  c.close();
  BOOST_TEST(drained.get());
}

BOOST_AUTO_TEST_CASE(cuts_off_what_is_not_answered_in_time) {
  client c = connect();
  c.send(get("/park"));
  auto waiting = take_parked(1);
  start_drain(1ms);
  BOOST_TEST(!drained.get());
  BOOST_TEST(waiting[0].gone());
  waiting[0].send({.body = "too late"});
}

BOOST_AUTO_TEST_CASE(refuses_new_connections) {
  start_drain(60s);
  BOOST_TEST(drained.get());
  BOOST_CHECK_THROW(connect(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(of_accepting_alone_leaves_connections_as_they_are) {
  client c = connect();
  c.ask(get("/"));
  running().stop_accepting();
  BOOST_TEST(eventually([&] {
    try {
      connect();
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }));
  BOOST_TEST(c.ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::http::test
