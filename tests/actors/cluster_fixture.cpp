// Runs scheduler and network in turns until both rest.
#include "tests/actors/cluster_fixture.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <caf/send.hpp>
#include <charconv>
#include <chrono>

#include "actors/entrance.hpp"
#include "actors/gateway_actor.hpp"
#include "actors/local_messages.hpp"
#include "actors/visitors_actor.hpp"

namespace taskdriver::actors {
namespace {

using place = cluster::shard_location::place;

caf::actor_system_config& deterministic(caf::actor_system_config& config) {
  config.set("scheduler.policy", caf::atom("testing"));
  return config;
}

std::size_t place_in(std::string_view text) {
  std::size_t at = 0;
  std::from_chars(text.data(), text.data() + text.size(), at);
  return at;
}

class table_renderer final : public answer_renderer {
public:
  explicit table_renderer(std::shared_ptr<std::deque<answer>> answers)
      : answers_(std::move(answers)) {}
  rendered_answer render(const answer& a) override {
    answers_->push_back(a);
    return {.status = a.ok() ? 200 : 400, .body = std::to_string(answers_->size() - 1)};
  }

private:
  std::shared_ptr<std::deque<answer>> answers_;
};

}  // namespace

std::string table_reader::add(destination to, operation what) {
  rows_.push_back({std::move(to), std::move(what)});
  return std::to_string(rows_.size() - 1);
}

result<read_request> table_reader::read(std::string_view wire, const credentials&) const {
  const auto& row = rows_.at(place_in(wire));
  return read_request{row.to, row.what, std::make_unique<table_renderer>(answers_)};
}

answer table_reader::unrendered(const rendered_answer& a) const {
  return answers_->at(place_in(a.body));
}

cluster_node::cluster_node(caf::actor_system& system, const time_source& time,
                           testing::memory_cluster_network& wires,
                           const cluster::node_name& node_name,
                           std::shared_ptr<domain::memory_records> records)
    : name(node_name),
      replicas(std::move(records)),
      requests(time, {.own_timer = false}),
      network(wires.join({.cluster = "test", .node = node_name, .store = 1, .boot = 1}, *this)),
      context{replicas, time, counts, lent, doors, {}, &requests} {
  (void)system;
  requests.attach(*network);
}

cluster_fixture::cluster_fixture()
    : system(deterministic(config)),
      scheduler(dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())),
      time(scheduler),
      a(system, time, wires, "a", records),
      b(system, time, wires, "b", records),
      c(system, time, wires, "c", records) {
  for (auto* node : nodes) {
    std::vector<cluster::peer_address> others;
    for (const auto* other : nodes)
      if (other != node) others.push_back({other->name, "127.0.0.1", 1});
    node->network->set_peers(std::move(others));
  }
  serve(directory_0, a);
  serve(project_1, b);
  serve(project_2, c);
  for (auto* node : nodes) {
    node->gateway = spawn_gateway_actor(system, node->context);
    node->visitors = spawn_visitors_actor(system, node->context, node->gateway, reader);
    node->requests.serve(
        [visitors = node->visitors](std::unique_ptr<cluster::incoming_request> question) {
          caf::anon_send(visitors, peer_question_arrived{std::move(question)});
        });
  }
  run();
}

cluster_fixture::~cluster_fixture() {
  for (auto* node : nodes) {
    caf::anon_send_exit(node->visitors, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(node->gateway, caf::exit_reason::user_shutdown);
    node->visitors = {};
    node->gateway = {};
  }
  run();
  for (auto* node : nodes) node->requests.detach();
  run();
}

void cluster_fixture::run() {
  constexpr int steps_max = 200'000;
  int steps = 0;
  bool busy = true;
  while (busy) {
    busy = false;
    while (scheduler.try_run_once()) {
      busy = true;
      BOOST_REQUIRE_LT(++steps, steps_max);
    }
    if (wires.deliver() > 0) busy = true;
  }
}

void cluster_fixture::advance_ms(std::int64_t ms) {
  // Time-outs of questions are looked at this often; the actors' timers fire at their own time.
  constexpr std::chrono::milliseconds step{20};
  auto& clock = scheduler.clock();
  const auto end = clock.now() + std::chrono::milliseconds(ms);
  while (clock.now() < end) {
    auto next = std::min(end, clock.now() + step);
    const auto& timers = clock.schedule();
    if (!timers.empty()) next = std::min(next, timers.begin()->first);
    scheduler.advance_time(std::max<caf::timespan>(next - clock.now(), caf::timespan{0}));
    for (auto* node : nodes) node->requests.expire();
    run();
  }
}

void cluster_fixture::serve(project_number project, cluster_node& by) {
  serve_nowhere(project);
  for (auto* node : nodes)
    node->replicas.place(project, node == &by ? cluster::shard_location{}
                                              : cluster::shard_location{place::elsewhere, by.name});
  run();
}

void cluster_fixture::serve_nowhere(project_number project) {
  for (auto* node : nodes) node->replicas.place(project, {place::nowhere});
  run();
}

asked cluster_fixture::send(cluster_node& at, credentials from, destination to, operation what) {
  auto record = std::make_shared<request_record>();
  record->wire = reader->add(to, what);
  record->unrendered = [table = reader](const rendered_answer& r) { return table->unrendered(r); };
  auto request = std::make_shared<recorded_request>(record);
  request->from = from;
  request->to = std::move(to);
  request->what = std::move(what);
  bring_in(routed_request{.request = std::move(request)}, at.context, at.gateway);
  return asked(std::move(record));
}

asked cluster_fixture::ask(cluster_node& at, credentials from, destination to, operation what) {
  auto sent = send(at, from, std::move(to), std::move(what));
  run();
  return sent;
}

asked cluster_fixture::create_project(cluster_node& at, const std::string& name) {
  return ask(at, admin_credentials{}, to_directory{},
             domain::command{domain::create_project{.name = name}});
}

clustered_project::clustered_project() {
  project_id = create_project(a, "one").as<domain::project_view>().record.id;
  type_id = ask_1(a, domain::create_type{.name = "type", .max_retries = 3, .lease_s = 60})
                .as<domain::type_view>()
                .record.id;
}

asked clustered_project::ask_1(cluster_node& at, domain::command what) {
  return ask(at, admin_credentials{}, to_project{project_1, project_id}, std::move(what));
}

asked clustered_project::create_task(cluster_node& at) {
  return ask_1(at, domain::create_task{{.type_id = type_id, .instructions = "do it"}});
}

asked clustered_project::next_task(cluster_node& at, const std::string& agent, int wait_s) {
  return ask_1(at, next_task_for(agent, wait_s));
}

domain::claim_view clustered_project::claimed_by(cluster_node& at, const std::string& agent) {
  create_task(at);
  return next_task(at, agent).as<domain::claim_view>();
}

}  // namespace taskdriver::actors
