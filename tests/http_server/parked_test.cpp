// Thousands of requests that wait for an answer from another thread, as long polls do.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/http_server/test_server.hpp"

namespace taskdriver::http::test {
namespace {

constexpr std::size_t many = 2500;

}  // namespace

BOOST_AUTO_TEST_SUITE(parked)

BOOST_AUTO_TEST_CASE(requests_are_all_answered_from_another_thread) {
  test_server server({.io_threads = 2});
  std::vector<client> clients;
  for (std::size_t i = 0; i < many; ++i) {
    clients.push_back(server.connect());
    clients.back().send(post("/park", std::to_string(i)));
  }
  auto waiting = server.take_parked(many);
  const auto bodies = server.bodies();  // in the order of the responders
  std::thread answering([&] {
    for (std::size_t i = many; i-- > 0;) waiting[i].send({.body = bodies[i]});
  });
  for (std::size_t i = 0; i < many; ++i) {
    BOOST_REQUIRE(clients[i].receive().body == std::to_string(i));
  }
  answering.join();
  BOOST_TEST(server.connect().ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_CASE(clients_that_hung_up_are_told_apart_from_those_that_wait) {
  test_server server;
  client stays = server.connect();
  client leaves = server.connect();
  client resets = server.connect();
  std::vector<responder> waiting;
  for (client* c : {&stays, &leaves, &resets}) {
    c->send(get("/park"));
    for (responder& r : server.take_parked(1)) waiting.push_back(std::move(r));
  }
  leaves.close();
  resets.reset();
  BOOST_TEST(eventually([&] { return waiting[1].gone() && waiting[2].gone(); }));
  BOOST_TEST(!waiting[0].gone());
  for (responder& r : waiting) r.send({.body = "found"});
  BOOST_TEST(stays.receive().body == "found");
}

BOOST_AUTO_TEST_CASE(a_client_that_hung_up_before_it_was_parked_is_gone) {
  test_server server;
  {
    client c = server.connect();
    c.send(get("/park"));
  }
  const auto waiting = server.take_parked(1);
  BOOST_TEST(eventually([&] { return waiting[0].gone(); }));
}

BOOST_AUTO_TEST_CASE(bytes_behind_a_parked_request_do_not_hide_the_hang_up) {
  test_server server;
  client c = server.connect();
  c.send(get("/park"));
  const auto waiting = server.take_parked(1);
  c.send(get("/next"));
  BOOST_TEST(!waiting[0].gone());
  c.close();
  BOOST_TEST(eventually([&] { return waiting[0].gone(); }));
}

BOOST_AUTO_TEST_CASE(responders_may_outlive_the_server) {
  std::vector<responder> waiting;
  {
    test_server server;
    client c = server.connect();
    c.send(get("/park") + get("/park"));
    waiting = server.take_parked(1);
  }
  BOOST_TEST(waiting[0].gone());
  waiting[0].send({.body = "too late"});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::http::test
