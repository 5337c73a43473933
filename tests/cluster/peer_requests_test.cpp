// Questions between two nodes: answers, time-outs, broken connections, cancellation.
#include "cluster/peer_requests.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/memory_network.hpp"

namespace taskdriver::cluster {
namespace {

struct test_clock final : time_source {
  instant now() const override { return at; }
  instant at{1'000, 0};
};

struct test_peer final : peer_observer {
  test_peer(const time_source& time, testing::memory_cluster_network& wires, const node_name& name,
            const peer_request_limits& limits)
      : requests(time, limits),
        network(wires.join({.cluster = "test", .node = name, .store = 1, .boot = 1}, *this)) {
    requests.attach(*network);
    requests.serve([this](std::unique_ptr<incoming_request> q) { asked.push_back(std::move(q)); });
  }
  void connected(const peer_identity&) override {}
  void disconnected(const peer_identity& peer) override { requests.disconnected(peer); }
  void received(const peer_identity& from, peer_lane, std::string frame) override {
    requests.received(from, std::move(frame));
  }

  std::vector<std::unique_ptr<incoming_request>> asked;
  peer_requests requests;
  std::unique_ptr<peer_network> network;
};

/// What became of one question.
struct told {
  int answers = 0;
  std::optional<result<std::string>> what;
  bool is(errc code) const { return answers == 1 && !what->ok() && what->error().code == code; }
};

struct two_nodes {
  two_nodes() {
    a.network->set_peers({{"b", "127.0.0.1", 1}});
    b.network->set_peers({{"a", "127.0.0.1", 1}});
    wires.deliver();
  }
  std::shared_ptr<told> ask(std::string bytes, std::int64_t timeout_ms = 1'000) {
    auto t = std::make_shared<told>();
    number = a.requests.ask("b", std::move(bytes), timeout_ms, [t](result<std::string> r) {
      ++t->answers;
      t->what = std::move(r);
    });
    wires.deliver();
    return t;
  }

  test_clock clock;
  testing::memory_cluster_network wires;
  test_peer a{clock, wires, "a", {.count_max = 3, .own_timer = false}};
  test_peer b{clock, wires, "b", {.own_timer = false}};
  std::uint64_t number = 0;
};

/// Has no room for the first frame. Whoever sends the next one stays in send() while others may
/// detach, and looks whether they came back from that.
class busy_network final : public peer_network {
public:
  void set_peers(std::vector<peer_address>) override {}
  bool connected(const node_name&) const override { return true; }
  result<void> send(const node_name&, peer_lane, std::string) override {
    if (frames_++ == 0) return error_info{errc::unavailable, "no room"};
    sending.test_and_set();
    sending.notify_all();
    detaching.wait(false);
    for (int turns = 0; turns < 10'000 && !detached.test(); ++turns) std::this_thread::yield();
    if (detached.test()) used_too_late.test_and_set();
    return {};
  }

  std::atomic_flag sending, detaching, detached, used_too_late;

private:
  std::atomic<int> frames_ = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_question_to_another_node, two_nodes)

BOOST_AUTO_TEST_CASE(gets_its_answer) {
  auto asked = ask("hello");
  BOOST_TEST(b.asked.at(0)->bytes() == "hello");
  BOOST_TEST(b.asked.at(0)->from() == "a");
  b.asked[0]->answer(std::string("world"));
  wires.deliver();
  BOOST_TEST(asked->answers == 1);
  BOOST_TEST(asked->what->value() == "world");
}

BOOST_AUTO_TEST_CASE(gets_an_error_with_all_that_it_says) {
  auto asked = ask("hello");
  b.asked.at(0)->answer(error_info{.code = errc::not_primary, .text = "no", .retry_after_s = 3});
  wires.deliver();
  BOOST_TEST(asked->is(errc::not_primary));
  BOOST_TEST(asked->what->error().text == "no");
  BOOST_TEST(asked->what->error().retry_after_s == 3);
}

BOOST_AUTO_TEST_CASE(that_is_dropped_has_an_unknown_outcome) {
  auto asked = ask("hello");
  b.asked.clear();
  wires.deliver();
  BOOST_TEST(asked->is(errc::outcome_unknown));
}

BOOST_AUTO_TEST_CASE(that_was_not_sent_is_unavailable) {
  wires.cut("a", "b");
  wires.deliver();
  BOOST_TEST(ask("hello")->is(errc::unavailable));
}

BOOST_AUTO_TEST_CASE(ends_with_its_connection_at_both_ends) {
  auto asked = ask("hello");
  wires.reset("a", "b");
  wires.deliver();
  BOOST_TEST(asked->is(errc::outcome_unknown));
  BOOST_TEST(b.asked.at(0)->gone());
  b.asked[0]->answer(std::string("late"));
  wires.deliver();
  BOOST_TEST(asked->answers == 1);
}

BOOST_AUTO_TEST_CASE(ends_when_its_time_is_over) {
  auto asked = ask("hello", 1'000);
  clock.at.steady_ms += 999;
  a.requests.expire();
  BOOST_TEST(asked->answers == 0);
  BOOST_TEST(!b.asked.at(0)->gone());
  clock.at.steady_ms += 2;
  a.requests.expire();
  BOOST_TEST(asked->is(errc::outcome_unknown));
  BOOST_TEST(b.asked.at(0)->gone());
}

BOOST_AUTO_TEST_CASE(can_be_cancelled) {
  auto asked = ask("hello");
  a.requests.cancel(number);
  BOOST_TEST(asked->answers == 1);
  wires.deliver();
  BOOST_TEST(b.asked.at(0)->gone());
  a.requests.cancel(number);
  BOOST_TEST(asked->answers == 1);
}

BOOST_AUTO_TEST_CASE(is_refused_beyond_the_bound) {
  for (int i = 0; i < 3; ++i) ask("hello");
  BOOST_TEST(ask("hello")->is(errc::unavailable));
  BOOST_TEST(b.asked.size() == 3u);
}

BOOST_AUTO_TEST_CASE(that_fits_no_frame_is_refused) {
  BOOST_TEST(ask(std::string(main_frame_bytes_max, 'x'))->is(errc::payload_too_large));
}

BOOST_AUTO_TEST_CASE(gets_an_answer_that_found_no_room_at_first) {
  std::vector<std::shared_ptr<told>> asked{ask("1"), ask("2"), ask("3")};
  wires.hold("b", "a");
  for (auto& question : b.asked) question->answer(std::string(std::size_t{15} << 20, 'x'));
  wires.release("b", "a");
  wires.deliver();
  b.requests.expire();
  wires.deliver();
  for (const auto& t : asked) BOOST_TEST((t->answers == 1 && t->what->ok()));
}

BOOST_AUTO_TEST_CASE(is_harmed_by_no_malformed_frame) {
  const peer_identity peer{.cluster = "test", .node = "b"};
  for (const auto& frame : {std::string("\x02"), std::string("\x03garbage"), std::string()})
    a.requests.received(peer, frame);
  BOOST_TEST(a.asked.empty());
}

BOOST_AUTO_TEST_CASE(ends_with_its_node) {
  auto asked = ask("hello");
  a.requests.detach();
  BOOST_TEST(asked->is(errc::outcome_unknown));
  BOOST_TEST(ask("hello")->is(errc::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(the_timer_of_peer_requests_ends_questions_by_itself) {
  testing::memory_cluster_network wires;
  test_peer a(system_time(), wires, "a", {});
  test_peer b(system_time(), wires, "b", {});
  a.network->set_peers({{"b", "127.0.0.1", 1}});
  b.network->set_peers({{"a", "127.0.0.1", 1}});
  wires.deliver();
  std::atomic<bool> done = false;
  a.requests.ask("b", "hello", 1, [&](const result<std::string>&) {
    done = true;
    done.notify_one();
  });
  done.wait(false);
  BOOST_TEST(done.load());
}

BOOST_AUTO_TEST_CASE(the_timer_of_peer_requests_uses_no_network_that_they_are_detached_from) {
  busy_network busy;
  {
    testing::memory_cluster_network wires;
    test_peer a(system_time(), wires, "a", {});
    test_peer b(system_time(), wires, "b", {});
    a.network->set_peers({{"b", "127.0.0.1", 1}});
    b.network->set_peers({{"a", "127.0.0.1", 1}});
    wires.deliver();
    b.requests.attach(busy);
    a.requests.ask("b", "hello", 3'600'000, [](const result<std::string>&) {});
    wires.deliver();
    b.asked.at(0)->answer(std::string("world"));
    busy.sending.wait(false);  // the timer tries again
    busy.detaching.test_and_set();
    busy.detaching.notify_all();
    b.requests.detach();
    busy.detached.test_and_set();
  }
  BOOST_TEST(!busy.used_too_late.test());
}

}  // namespace taskdriver::cluster
