// Which thread runs an actor; with real threads, since that is what this is about.
#include "actors/lent_threads.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include "actors/local_messages.hpp"

namespace taskdriver::actors {
namespace {

constexpr std::size_t place = 7;

/// What several actors have seen. Thread: any.
struct sightings {
  std::mutex mutex;
  std::vector<std::uint64_t> tickets;
  std::vector<std::thread::id> threads;

  void add(std::uint64_t ticket) {
    const std::lock_guard lock(mutex);
    tickets.push_back(ticket);
    threads.push_back(std::this_thread::get_id());
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return tickets.size();
  }
};

/// Notes what comes, and lets `next` know of it.
class noting_actor final : public caf::event_based_actor {
public:
  noting_actor(caf::actor_config& cfg, sightings& seen, caf::actor next)
      : event_based_actor(cfg), seen_(seen), next_(std::move(next)) {}
  caf::behavior make_behavior() override {
    return {[this](const changes_committed& c) {
              seen_.add(c.ticket);
              if (next_) send(next_, c);
            },
            [this](const project_may_end&) { quit(); }};
  }
  void on_exit() override { next_ = {}; }

private:
  sightings& seen_;
  caf::actor next_;
};

/// No thread runs them before their first message.
struct two_actors {
  two_actors()
      : second(system.spawn<noting_actor, caf::lazy_init>(told, caf::actor{})),
        first(system.spawn<noting_actor, caf::lazy_init>(seen, second)) {}
  ~two_actors() {
    for (const auto& actor : {first, second}) caf::anon_send(actor, project_may_end{});
    system.await_all_actors_done();
  }
  std::unique_ptr<lent_thread> lend() {
    return lent.lend(system, [this] { ++woken; });
  }
  void await(sightings& which, std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (which.count() < count && std::chrono::steady_clock::now() < end)
      std::this_thread::yield();
    BOOST_REQUIRE_EQUAL(which.count(), count);
  }

  sightings seen, told;
  std::atomic<int> woken = 0;
  caf::actor_system_config config;
  caf::actor_system system{config};
  lent_threads lent;
  caf::actor second, first;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(threads_that_are_lent, two_actors)

BOOST_AUTO_TEST_CASE(run_what_they_have_sent_and_nothing_else) {
  const auto thread = lend();
  for (std::uint64_t ticket = 1; ticket <= 3; ++ticket)
    lent.send_here(first, changes_committed{ticket});
  BOOST_TEST(seen.count() == 0u);
  thread->run();
  BOOST_TEST(seen.tickets == (std::vector<std::uint64_t>{1, 2, 3}));
  BOOST_TEST((seen.threads.front() == std::this_thread::get_id()));
  await(told, 3);
  BOOST_TEST((told.threads.front() != std::this_thread::get_id()));
  BOOST_TEST(woken == 0);
}

BOOST_AUTO_TEST_CASE(are_woken_once_for_what_others_send_home) {
  const auto thread = lend();
  std::thread([&] {
    lent.send_home(place, first, changes_committed{1});
    lent.send_home(place, first, changes_committed{2});
    lent.send_home(place, second, changes_committed{3});
  }).join();
  BOOST_TEST(woken == 1);
  BOOST_TEST(seen.count() == 0u);
  thread->run();
  BOOST_TEST(seen.tickets == (std::vector<std::uint64_t>{1, 2}));
  BOOST_TEST((seen.threads.back() == std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(look_after_their_own_work_between_many_messages) {
  const auto thread = lend();
  constexpr std::uint64_t many = 1000;
  for (std::uint64_t ticket = 1; ticket <= many; ++ticket)
    lent.send_here(first, changes_committed{ticket});
  int runs = 0;
  for (int due = 0; due <= woken; ++due, ++runs) thread->run();
  BOOST_TEST(runs > 1);
  BOOST_TEST(seen.count() == many);
}

BOOST_AUTO_TEST_CASE(leave_to_others_what_they_have_not_run_at_their_end) {
  auto thread = lend();
  lent.send_here(first, changes_committed{1});
  std::thread([&] { lent.send_home(place, second, changes_committed{2}); }).join();
  thread.reset();
  await(seen, 1);
  await(told, 2);
  BOOST_TEST((seen.threads.front() != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(are_not_needed) {
  lent.send_here(first, changes_committed{1});
  lent.send_home(place, first, changes_committed{2});
  await(seen, 2);
  BOOST_TEST((seen.threads.front() != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(lose_nothing_as_they_come_and_go) {
  constexpr std::uint64_t of_each = 5'000;
  constexpr int senders = 2, lenders = 2;
  std::atomic<bool> all_sent = false;
  std::atomic<std::size_t> sent_here = 0, lent_times = 0;
  std::vector<std::thread> sending, lending;
  for (int n = 0; n < lenders; ++n)
    lending.emplace_back([&] {
      while (!all_sent) {
        std::atomic<bool> due = true;
        const auto thread = lent.lend(system, [&due] { due = true; });
        ++lent_times;
        for (int round = 0; round < 50; ++round) {
          lent.send_here(second, changes_committed{0});
          ++sent_here;
          if (due.exchange(false)) thread->run();
        }
      }
    });
  for (int n = 0; n < senders; ++n)
    sending.emplace_back([&] {
      for (std::uint64_t ticket = 1; ticket <= of_each; ++ticket) {
        lent.send_home(place, first, changes_committed{ticket});
        // Those that come and go need the lock that the senders share.
        if (ticket % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds(1));
      }
    });
  for (auto& t : sending) t.join();
  all_sent = true;
  for (auto& t : lending) t.join();
  BOOST_TEST(lent_times > lenders);
  await(seen, senders * of_each);
  await(told, senders * of_each + sent_here);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
