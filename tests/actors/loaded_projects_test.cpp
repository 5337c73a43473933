// More projects are used than may be loaded: who leaves, who stays, and that nobody notices.
#include <boost/test/unit_test.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "actors/loaded_projects.hpp"
#include "tests/actors/actors_fixture.hpp"

namespace taskdriver::actors {
namespace {

struct used_project {
  project_number number{};
  std::string name;
  object_id id;
  object_id type;
};

/// Four projects may be loaded, of which the two used last are spared; leases last a minute.
struct four_places : actors_fixture {
  static constexpr std::size_t places = 4;

  four_places() {
    stop();
    node.settings.loaded_projects_max = places;
    start();
  }

  /// The n-th, from 1 on, is called by its number.
  used_project create(int n) {
    const auto name = std::to_string(n);
    used_project p{.number = project_number(n), .name = name, .id = {}, .type = {}};
    p.id = create_project(name).as<domain::project_view>().record.id;
    p.type = ask_in(p, domain::create_type{.name = "type", .max_retries = 100, .lease_s = 60})
                 .as<domain::type_view>()
                 .record.id;
    return p;
  }
  std::vector<used_project> create_all(int count) {
    std::vector<used_project> all;
    for (int n = 1; n <= count; ++n) all.push_back(create(n));
    return all;
  }

  asked send_in(const used_project& p, domain::command what) {
    return send(admin_credentials{}, to_project{p.number, p.id}, std::move(what));
  }
  asked ask_in(const used_project& p, domain::command what) {
    auto a = send_in(p, std::move(what));
    run();
    return a;
  }
  asked use(const used_project& p) { return ask_in(p, domain::get_project{}); }
  asked create_task(const used_project& p) { return ask_in(p, new_task(p)); }
  static domain::create_task new_task(const used_project& p) {
    return {{.type_id = p.type, .instructions = "do it"}};
  }
  object_id claim(const used_project& p) {
    create_task(p);
    return ask_in(p, next_task_for("a1")).as<domain::claim_view>().task.spec->id;
  }
  asked complete(const used_project& p, const object_id& task) {
    return ask_in(p,
                  domain::complete_task{
                      .id = task, .agent = "a1", .proof = {}, .result = "\"done\"", .outputs = ""});
  }
  std::uint64_t available(const used_project& p) {
    return ask_in(p, domain::peek_next_task{}).as<domain::peek_view>().available;
  }

  std::set<std::string> loaded() const {
    std::set<std::string> names;
    for (const auto& gauges : counts.deepest(100, time.now().wall_ms)) names.insert(gauges.name);
    return names;
  }
  std::size_t loads(const used_project& p) const { return replicas.opened_streams(p.number); }
  void run_steps(int steps) {
    for (int i = 0; i < steps; ++i) scheduler.try_run_once();
  }
};

using names = std::set<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(of_more_projects_than_may_be_loaded, four_places)

BOOST_AUTO_TEST_CASE(no_more_stay_in_memory_than_that) {
  const auto all = create_all(20);
  BOOST_TEST(counts.loaded_projects() == places);
  for (const auto& p : all) {
    BOOST_TEST(create_task(p).is<domain::created_task>());
    BOOST_TEST(counts.loaded_projects() == places);
  }
  for (const auto& p : all) BOOST_TEST(available(p) == 1u);
  BOOST_TEST(counts.totals(time.now().wall_ms).projects_loaded == places);
}

BOOST_AUTO_TEST_CASE(the_one_used_least_recently_leaves_first) {
  const auto all = create_all(4);
  use(all[0]);
  create(5);
  BOOST_TEST((loaded() == names{"1", "3", "4", "5"}));
  use(all[2]);
  use(all[1]);
  BOOST_TEST((loaded() == names{"1", "2", "3", "5"}));
}

BOOST_AUTO_TEST_CASE(one_with_a_running_lease_stays_and_its_lease_runs_out_in_time) {
  const auto busy = create(1);
  claim(busy);
  for (int n = 2; n <= 12; ++n) create(n);
  BOOST_TEST(loads(busy) == 1u);
  advance_ms(59'999);
  BOOST_TEST(replicas.stored().load_leases(busy.number).size() == 1u);
  advance_ms(1);
  BOOST_TEST(replicas.stored().load_leases(busy.number).empty());
  BOOST_TEST(loads(busy) == 1u);
  BOOST_TEST(available(busy) == 1u);
}

BOOST_AUTO_TEST_CASE(one_with_a_parked_poll_stays_and_gives_it_its_task) {
  const auto busy = create(1);
  auto waiting = ask_in(busy, next_task_for("a1", 60));
  for (int n = 2; n <= 12; ++n) create(n);
  BOOST_TEST(!waiting.answered());
  create_task(busy);
  BOOST_TEST(waiting.is<domain::claim_view>());
  BOOST_TEST(loads(busy) == 1u);
}

BOOST_AUTO_TEST_CASE(one_with_an_answer_that_waits_for_its_commit_stays) {
  const auto all = create_all(8);
  use(all[0]);
  replicas.hold();
  auto created = create_task(all[0]);
  const auto before = loads(all[0]);
  for (int n = 1; n < 8; ++n) use(all[static_cast<std::size_t>(n)]);
  BOOST_TEST(loaded().contains("1"));
  commit_all();
  BOOST_TEST(created.is<domain::created_task>());
  BOOST_TEST(loads(all[0]) == before);
}

BOOST_AUTO_TEST_CASE(those_that_could_not_leave_do_when_they_can) {
  const auto all = create_all(8);
  std::vector<object_id> tasks;
  for (const auto& p : all) tasks.push_back(claim(p));
  BOOST_TEST(counts.loaded_projects() == 8u);
  for (std::size_t i = 0; i < all.size(); ++i)
    BOOST_TEST(complete(all[i], tasks[i]).is<domain::task_view>());
  BOOST_TEST(counts.loaded_projects() == places);
  BOOST_TEST((loaded() == names{"5", "6", "7", "8"}));
}

BOOST_AUTO_TEST_CASE(those_whose_leases_ran_out_leave_too) {
  for (const auto& p : create_all(8)) claim(p);
  BOOST_TEST(counts.loaded_projects() == 8u);
  advance_s(60);
  BOOST_TEST(counts.loaded_projects() == places);
}

BOOST_AUTO_TEST_CASE(those_whose_polls_ended_leave_too) {
  for (const auto& p : create_all(8)) ask_in(p, next_task_for("a1", 30));
  BOOST_TEST(counts.loaded_projects() == 8u);
  advance_s(30);
  BOOST_TEST(counts.loaded_projects() == places);
}

BOOST_AUTO_TEST_CASE(one_that_is_used_while_all_others_are_busy_is_not_loaded_for_every_request) {
  const auto all = create_all(8);
  for (int n = 0; n < 7; ++n) claim(all[static_cast<std::size_t>(n)]);
  const auto& free = all[7];
  use(free);
  const auto before = loads(free);
  for (int i = 0; i < 5; ++i) complete(free, claim(free));
  BOOST_TEST(loads(free) == before);
}

/// What a project is asked or answers is a step of the actors.
BOOST_AUTO_TEST_CASE(busy_ones_are_not_asked_again_and_again) {
  const auto all = create_all(8);
  for (const auto& p : all) claim(p);
  const auto steps_of_a_round = [&] {
    int steps = 0;
    for (const auto& p : all) send_in(p, domain::get_project{});
    while (scheduler.try_run_once()) ++steps;
    return steps;
  };
  const auto steps = steps_of_a_round();
  // The gateway and the project, once for each request.
  BOOST_TEST(steps <= static_cast<int>(2 * all.size()));
  for (const auto& p : all) BOOST_TEST(loads(p) <= 2u);
}

BOOST_AUTO_TEST_CASE(nothing_is_left_behind) {
  create_all(8);
  const auto actors = actors_running();
  const auto timers = scheduler.clock().schedule().size();
  for (int n = 9; n <= 30; ++n) create(n);
  BOOST_TEST(actors_running() == actors);
  // Each that is loaded has some; the directory's are not counted out.
  BOOST_TEST(scheduler.clock().schedule().size() <= timers + 1);
}

BOOST_AUTO_TEST_SUITE_END()

// A request comes while its project is sent away, after each possible number of steps on the way.
BOOST_FIXTURE_TEST_SUITE(a_request_that_races_with_a_project_that_has_to_leave, four_places)

constexpr int steps_max = 16;

/// The first is the least recent one, and something that will load a fifth is under way.
struct about_to_leave : four_places {
  about_to_leave() : all(create_all(5)) {}
  void begin(int steps) {
    for (const auto& p : {all[4], all[0], all[1], all[2], all[3]}) use(p);
    BOOST_TEST(!loaded().contains("5"));
    send_in(all[4], domain::get_project{});
    run_steps(steps);
  }
  const used_project& leaving() const { return all[0]; }
  std::vector<used_project> all;
};

BOOST_FIXTURE_TEST_CASE(is_tried_here_until_the_project_has_gone, about_to_leave) {
  begin(0);
  BOOST_TEST(loaded().contains("1"));
  run_steps(steps_max);
  BOOST_TEST(!loaded().contains("1"));
}

BOOST_FIXTURE_TEST_CASE(is_answered_wherever_it_meets_it, about_to_leave) {
  for (int steps = 0; steps < steps_max; ++steps) {
    BOOST_TEST_CONTEXT("after " << steps << " steps") {
      begin(steps);
      BOOST_TEST(create_task(leaving()).is<domain::created_task>());
      BOOST_TEST(counts.loaded_projects() == places);
    }
  }
  BOOST_TEST(available(leaving()) == static_cast<unsigned>(steps_max));
}

BOOST_FIXTURE_TEST_CASE(keeps_the_timer_of_a_lease_it_was_granted, about_to_leave) {
  create_task(leaving());
  for (int steps = 0; steps < steps_max; ++steps) {
    BOOST_TEST_CONTEXT("after " << steps << " steps") {
      begin(steps);
      BOOST_TEST(ask_in(leaving(), next_task_for("a1")).is<domain::claim_view>());
      advance_s(60);
      BOOST_TEST(replicas.stored().load_leases(leaving().number).empty());
    }
  }
}

BOOST_FIXTURE_TEST_CASE(finds_what_the_old_one_was_still_committing, about_to_leave) {
  for (int steps = 0; steps < steps_max; ++steps) {
    BOOST_TEST_CONTEXT("after " << steps << " steps") {
      for (const auto& p : {all[4], all[0], all[1], all[2], all[3]}) use(p);
      replicas.hold();
      auto created = send_in(leaving(), new_task(leaving()));
      send_in(all[4], domain::get_project{});
      run_steps(steps);
      auto peek = ask_in(leaving(), domain::peek_next_task{});
      BOOST_TEST(!created.answered());
      commit_all();
      replicas.let_go();
      run();
      BOOST_TEST(created.is<domain::created_task>());
      BOOST_TEST(peek.as<domain::peek_view>().available == static_cast<unsigned>(steps) + 1);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

// The table by itself.
namespace {

/// A class: an actor that is a function would end at an assertion of sanitized builds
/// (actors/CMakeLists.txt).
class silent_actor final : public caf::event_based_actor {
public:
  using event_based_actor::event_based_actor;
  caf::behavior make_behavior() override {
    return {[](int) {}};
  }
};

struct table_of_four : actors_fixture {
  project_number add(int n) {
    const auto number = project_number(n);
    actors[number] = system.spawn<silent_actor>();
    table.add(number, actors[number]);
    return number;
  }
  std::size_t asked() { return table.surplus().size(); }
  ~table_of_four() {
    for (const auto& [_, actor] : actors) caf::anon_send_exit(actor, caf::exit_reason::kill);
    run();
  }

  std::map<project_number, caf::actor> actors;
  loaded_projects table{4, doors};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_table_of_loaded_projects, table_of_four)

BOOST_AUTO_TEST_CASE(names_each_that_has_to_leave_once) {
  for (int n = 1; n <= 7; ++n) add(n);
  BOOST_TEST(asked() == 3u);
  BOOST_TEST(asked() == 0u);
}

BOOST_AUTO_TEST_CASE(names_another_for_one_that_stays_but_spares_the_last_two) {
  for (int n = 1; n <= 5; ++n) add(n);
  for (int n = 1; n <= 3; ++n) {
    const auto named = table.surplus();
    BOOST_REQUIRE(named.size() == 1u);
    BOOST_TEST((named[0] == actors[project_number(n)]));
    table.stays(project_number(n), named[0]);
  }
  BOOST_TEST(asked() == 0u);
}

BOOST_AUTO_TEST_CASE(names_one_again_only_after_it_was_free) {
  for (int n = 1; n <= 6; ++n) add(n);
  for (int n = 1; n <= 4; ++n) {
    asked();
    table.stays(project_number(n), actors[project_number(n)]);
  }
  table.use(project_number(1));
  BOOST_TEST(asked() == 0u);
  table.may_leave(project_number(1), actors[project_number(1)]);
  const auto named = table.surplus();
  BOOST_REQUIRE(named.size() == 1u);
  BOOST_TEST((named[0] == actors[project_number(5)]));
}

BOOST_AUTO_TEST_CASE(does_not_listen_to_the_actor_before) {
  const auto one = add(1);
  const auto old = actors[one];
  BOOST_TEST(table.remove(one, old));
  caf::anon_send_exit(old, caf::exit_reason::kill);
  add(1);
  BOOST_TEST(!table.remove(one, old));
  BOOST_TEST(!table.ended(caf::actor_cast<caf::actor_addr>(old)).has_value());
  BOOST_TEST(table.use(one) != nullptr);
  BOOST_TEST((table.ended(caf::actor_cast<caf::actor_addr>(actors[one])) == one));
  BOOST_TEST(table.use(one) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
