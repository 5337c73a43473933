// No answer ever reaches another client than the one that asked, however descriptors are reused.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/http_server/test_server.hpp"

namespace taskdriver::http::test {

BOOST_AUTO_TEST_SUITE(an_answer)

/// The order of events that gave strangers each other's answers when writes were queued by
/// descriptor: ask, leave, a stranger gets the descriptor, the answer comes.
BOOST_AUTO_TEST_CASE(for_a_client_that_left_never_reaches_the_next_on_its_descriptor) {
  test_server server;
  for (int round = 0; round < 50; ++round) {
    std::vector<client> leaving;
    for (int i = 0; i < 20; ++i) {
      leaving.push_back(server.connect());
      leaving.back().send(get("/park/secret"));
    }
    auto late = server.take_parked(20);
    for (client& c : leaving) c.reset();
    BOOST_REQUIRE(eventually([&] { return server.running().statistics().connections_open == 0; }));

    std::vector<client> strangers;
    for (int i = 0; i < 20; ++i) {
      strangers.push_back(server.connect());
      strangers.back().send(get("/park/own"));
    }
    auto due = server.take_parked(20);  // so that both wait on the same descriptors
    std::thread answering([&] {
      for (responder& r : late) r.send({.body = "secret"});
    });
    answering.join();
    for (responder& r : due) r.send({.body = "own"});
    for (client& c : strangers) BOOST_REQUIRE(c.receive().body == "own");
    for (client& c : strangers) BOOST_REQUIRE(c.is_quiet());
    for (client& c : strangers) c.reset();
    BOOST_REQUIRE(eventually([&] { return server.running().statistics().connections_open == 0; }));
  }
}

/// The same without order: clients leave at any moment of the life of their request.
BOOST_AUTO_TEST_CASE(is_right_while_clients_come_and_go) {
  test_server server({.io_threads = 2});
  std::atomic<int> wrong{0};
  const auto visit = [&](int who) {
    for (int i = 0; i < 1500; ++i) {
      const std::string mine = std::to_string(who) + "/" + std::to_string(i);
      client hasty = server.connect();
      hasty.send(get("/later/hasty" + mine));
      client silent = server.connect();
      if (i % 2 == 0)
        hasty.reset();
      else
        hasty.close();
      client patient = server.connect();
      if (patient.ask(get("/later/" + mine)).body != "/later/" + mine) ++wrong;
      if (!silent.is_quiet() || !patient.is_quiet()) ++wrong;
      silent.reset();  // no TIME_WAIT: ports are as scarce as descriptors
      patient.reset();
    }
  };
  std::thread other(visit, 1);
  visit(2);
  other.join();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::http::test
