// Work of somebody else on an io thread: when it is called, and the answers that it gives there.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>

#include "tests/http_server/test_server.hpp"

namespace taskdriver::http::test {
namespace {

/// Answers on the io thread what it has handed out before, as a project that runs there does. It
/// sweeps so rarely that no round begins for that reason.
class answering_server {
public:
  answering_server()
      : server_(options(), [this](request&& r, responder a) {
          asked_.emplace_back(r.target, std::move(a));
          ++requests;
        }) {
    BOOST_REQUIRE(server_.start().ok());
  }
  client connect() const { return client(server_.port()); }
  void drain() { BOOST_TEST(server_.drain(std::chrono::seconds(20))); }

  /// From now on the answers wait for release().
  void hold() { held_ = true; }
  void release() {
    held_ = false;
    wake_();
  }

  std::atomic<bool> on_one_thread = true;
  std::atomic<int> requests = 0;

private:
  server_options options() {
    server_options o;
    o.port = 0;
    o.limits.sweep_ms = 3'600'000;
    o.make_side_work = [this](std::function<void()> wake) -> side_work {
      wake_ = std::move(wake);
      return [this, thread = std::this_thread::get_id()] {
        if (std::this_thread::get_id() != thread) on_one_thread = false;
        if (!held_) answer_all();
      };
    };
    return o;
  }
  void answer_all() {
    for (auto& [target, answer] : std::exchange(asked_, {})) answer.send({.body = target});
  }

  std::function<void()> wake_;
  std::atomic<bool> held_ = false;
  std::vector<std::pair<std::string, responder>> asked_;  // of the io thread
  server server_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(side_work_of_an_io_thread, answering_server)

BOOST_AUTO_TEST_CASE(answers_in_the_round_that_brought_the_request) {
  client c = connect();
  for (int i = 0; i < 100; ++i) {
    const std::string target = "/" + std::to_string(i);
    BOOST_TEST(c.ask(get(target)).body == target);
  }
  BOOST_TEST(on_one_thread);
}

BOOST_AUTO_TEST_CASE(goes_on_while_its_answers_let_requests_of_a_pipeline_in) {
  client c = connect();
  std::string all;
  for (int i = 0; i < 200; ++i) all += get("/" + std::to_string(i));
  c.send(all);
  for (int i = 0; i < 200; ++i) BOOST_TEST(c.receive().body == "/" + std::to_string(i));
}

BOOST_AUTO_TEST_CASE(is_called_soon_after_it_was_woken) {
  client c = connect();
  hold();
  c.send(get("/held"));
  BOOST_TEST(eventually([&] { return requests == 1; }));
  std::thread([this] { release(); }).join();
  BOOST_TEST(c.receive().body == "/held");
  BOOST_TEST(on_one_thread);
}

BOOST_AUTO_TEST_CASE(may_be_woken_when_the_thread_has_ended) {
  BOOST_TEST(connect().ask(get("/")).status == 200);
  drain();
  release();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::http::test
