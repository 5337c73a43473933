// Sends requests as http/ does and runs the actors until they rest.
#include "tests/actors/actors_fixture.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <caf/actor_registry.hpp>
#include <caf/send.hpp>
#include <chrono>

#include "actors/entrance.hpp"
#include "actors/gateway_actor.hpp"
#include "actors/local_messages.hpp"

namespace taskdriver::actors {
namespace {

constexpr std::int64_t steady_start_ms = 5'000'000;
constexpr std::int64_t wall_start_ms = 1'700'000'000'000;

caf::actor_system_config& deterministic(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

domain::token_hash token_of(std::uint8_t number) {
  domain::token_hash token{};
  token.fill(number);
  return token;
}

}  // namespace

instant virtual_time::now() const {
  const auto since = scheduler_.clock().now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  return {steady_start_ms + ms, wall_start_ms + ms};
}

actors_fixture::actors_fixture()
    : system(deterministic(config)),
      scheduler(dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())),
      time(scheduler),
      node{replicas, time, counts, lent, doors, {}} {
  start();
}

actors_fixture::~actors_fixture() {
  stop();
}

void actors_fixture::start() {
  gateway = spawn_gateway_actor(system, node);
  run();
}

void actors_fixture::stop() {
  caf::anon_send_exit(gateway, caf::exit_reason::user_shutdown);
  gateway = {};
  run();
}

void actors_fixture::run() {
  // Far more than any case needs: actors that keep each other busy for ever fail the test.
  constexpr int steps_max = 100'000;
  int steps = 0;
  while (scheduler.try_run_once()) BOOST_REQUIRE_LT(++steps, steps_max);
}

void actors_fixture::advance_ms(std::int64_t ms) {
  auto& clock = scheduler.clock();
  const auto end = clock.now() + std::chrono::milliseconds(ms);
  while (clock.now() < end) {
    const auto& timers = clock.schedule();
    const auto next = timers.empty() ? end : std::min(end, timers.begin()->first);
    scheduler.advance_time(std::max<caf::timespan>(next - clock.now(), caf::timespan{0}));
    run();
  }
}

asked actors_fixture::send(credentials from, destination to, operation what) {
  auto record = std::make_shared<request_record>();
  auto request = std::make_shared<recorded_request>(record);
  request->from = from;
  request->to = std::move(to);
  request->what = std::move(what);
  bring_in(routed_request{.request = std::move(request)}, node, gateway);
  return asked(std::move(record));
}

asked actors_fixture::ask(credentials from, destination to, operation what) {
  auto a = send(from, std::move(to), std::move(what));
  run();
  return a;
}

asked actors_fixture::create_project(const std::string& name) {
  return ask(admin_credentials{}, to_directory{},
             domain::command{domain::create_project{.name = name}});
}

asked actors_fixture::list_projects(domain::list_projects what) {
  return ask(admin_credentials{}, to_directory{}, what);
}

asked actors_fixture::login(const std::string& project_ref, const std::string& agent,
                            std::uint8_t token) {
  return ask(no_credentials{}, to_named_project{project_ref},
             domain::command{domain::login{.agent = agent,
                                           .token = token_of(token),
                                           .session_id = "session-" + std::to_string(token),
                                           .lifetime_ms = 8 * 3'600'000}});
}

void actors_fixture::commit_next() {
  replicas.commit_next();
  run();
}

void actors_fixture::commit_all() {
  while (replicas.in_flight() > 0) commit_next();
}

void actors_fixture::apply_all() {
  replicas.apply_all();
  run();
}

void actors_fixture::lose(project_number project, errc why) {
  replicas.lose(project, why);
  run();
}

void actors_fixture::release_polls() {
  caf::anon_send(gateway, actors::release_polls{});
  run();
}

std::size_t actors_fixture::actors_running() {
  return system.registry().running();
}

session_credentials session_of(project_number home, std::uint8_t token) {
  return {home, token_of(token)};
}

one_project::one_project() {
  project_id = create_project("one").as<domain::project_view>().record.id;
  type_id = ask_1(domain::create_type{.name = "type", .max_retries = 3, .lease_s = 60})
                .as<domain::type_view>()
                .record.id;
}

asked one_project::ask_1(domain::command what) {
  auto a = send_1(std::move(what));
  run();
  return a;
}

asked one_project::send_1(domain::command what) {
  return send(admin_credentials{}, to_project{project_1, project_id}, std::move(what));
}

asked one_project::create_task() {
  return ask_1(domain::create_task{{.type_id = type_id, .instructions = "do it"}});
}

domain::next_task next_task_for(const std::string& agent, int wait_s) {
  return {.agent = agent, .project_ref = "", .token = {7}, .wait_s = wait_s};
}

asked one_project::next_task(const std::string& agent) {
  return ask_1(next_task_for(agent));
}

asked one_project::poll(const std::string& agent, int wait_s) {
  return ask_1(next_task_for(agent, wait_s));
}

asked one_project::complete(const object_id& task, const std::string& agent) {
  return ask_1(domain::complete_task{
      .id = task, .agent = agent, .proof = {}, .result = "\"done\"", .outputs = ""});
}

asked one_project::extend(const object_id& task, const std::string& agent,
                          std::int64_t extension_ms) {
  return ask_1(domain::extend_lease{task, agent, {}, extension_ms});
}

asked one_project::read(const object_id& task) {
  return ask_1(domain::get_task{task});
}

domain::claim_view one_project::claimed_by(const std::string& agent) {
  create_task();
  return next_task(agent).as<domain::claim_view>();
}

}  // namespace taskdriver::actors
