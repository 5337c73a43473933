// Doors that close while others enter: with real threads, since that is what they are about.
#include "actors/project_doors.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "tests/actors/recorded_request.hpp"

namespace taskdriver::actors {
namespace {

constexpr project_number number{7};

/// Counts what has come when it is told that nothing more will.
class counting_project final : public caf::event_based_actor {
public:
  counting_project(caf::actor_config& cfg, std::atomic<int>& came)
      : event_based_actor(cfg), came_(came) {}
  caf::behavior make_behavior() override {
    return {[this](const routed_request&) { ++seen_; },
            [this](const project_may_end&) {
              came_ = seen_;
              quit();
            }};
  }

private:
  int seen_ = 0;
  std::atomic<int>& came_;
};

/// Tells which thread its first request was for.
class one_request_project final : public caf::event_based_actor {
public:
  one_request_project(caf::actor_config& cfg, std::promise<std::thread::id>& thread)
      : event_based_actor(cfg), thread_(thread) {}
  caf::behavior make_behavior() override {
    return {[this](const routed_request&) {
      thread_.set_value(std::this_thread::get_id());
      quit();
    }};
  }

private:
  std::promise<std::thread::id>& thread_;
};

bool is_done_by_who_brings_it(const domain::command& what, bool loaded) {
  caf::actor_system_config config;
  caf::actor_system system(config);
  lent_threads lent;
  project_doors doors{lent};
  BOOST_TEST(!doors.loaded(number));  // before it is open
  std::promise<std::thread::id> thread;
  doors.open(number, system.spawn<one_request_project, caf::lazy_init>(thread));
  if (loaded) BOOST_TEST(doors.loaded(number));
  const auto here = lent.lend(system, [] {});
  routed_request r{.request =
                       std::make_shared<recorded_request>(std::make_shared<request_record>())};
  r.request->what = what;
  BOOST_TEST(doors.enter(number, r));
  here->run();
  return thread.get_future().get() == std::this_thread::get_id();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(doors_of_projects)

BOOST_AUTO_TEST_CASE(let_nothing_in_that_comes_behind_the_end) {
  caf::actor_system_config config;
  caf::actor_system system(config);
  for (int round = 0; round < 100; ++round) {
    lent_threads lent;
    project_doors doors{lent};
    std::atomic<int> came = -1, entered = 0, begun = 0;
    const auto project = system.spawn<counting_project>(came);
    doors.open(number, project);
    std::vector<std::thread> threads;
    for (int n = 0; n < 3; ++n)
      threads.emplace_back([&] {
        ++begun;
        for (routed_request r; doors.enter(number, r); r = {}) {
          ++entered;
          std::this_thread::sleep_for(std::chrono::microseconds(1));  // lets the lock be free
        }
      });
    while (begun < 3 || entered < 50) std::this_thread::yield();
    doors.close(number);
    caf::anon_send(project, project_may_end{});
    for (auto& t : threads) t.join();
    system.await_all_actors_done();
    BOOST_REQUIRE_EQUAL(came.load(), entered.load());
  }
}

BOOST_AUTO_TEST_CASE(know_the_order_of_uses) {
  caf::actor_system_config config;
  caf::actor_system system(config);
  lent_threads lent;
  project_doors doors{lent};
  std::atomic<int> came = -1;
  const auto project = system.spawn<counting_project>(came);
  const auto opened = doors.open(number, project);
  BOOST_TEST(doors.last_use(number) == opened);
  routed_request r;
  BOOST_TEST(doors.enter(number, r));
  const auto entered = doors.last_use(number);
  BOOST_TEST(entered > opened);
  BOOST_TEST(doors.use(number) > entered);
  doors.close(number);
  BOOST_TEST(!doors.enter(number, r));
  BOOST_TEST(doors.last_use(number) == 0u);
  caf::anon_send(project, project_may_end{});
}

BOOST_AUTO_TEST_CASE(let_who_brings_it_do_what_is_short_once_the_project_has_loaded) {
  const domain::command brief = domain::peek_next_task{};
  BOOST_TEST(is_done_by_who_brings_it(brief, true));
  BOOST_TEST(!is_done_by_who_brings_it(brief, false));
  BOOST_TEST(!is_done_by_who_brings_it(domain::list_agents{}, true));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
