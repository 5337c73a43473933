// Producers and agents: what they ask next, and what an answer must be true of.
#include "tests/simulation/queue_workload.hpp"
#include "tests/simulation/violation.hpp"
#include "tests/simulation/world.hpp"

namespace taskdriver::simulation {
namespace {

using domain::task_status;

bool asks_again(const result<domain::reply>& what) {
  if (what.ok()) return false;
  const auto code = what.error().code;
  return code == errc::unavailable || code == errc::not_primary || code == errc::outcome_unknown;
}

domain::lease_token token_of(std::uint64_t random) {
  domain::lease_token token{};
  for (std::size_t i = 0; i < sizeof random; ++i)
    token[i] = static_cast<std::uint8_t>(random >> (8 * i));
  return token;
}

}  // namespace

// --- asking -------------------------------------------------------------------------------------

void queue_workload::act(std::uint32_t i) {
  auto& c = clients_[i];
  if (c.number != 0) return;
  if (c.producer && c.created_at_end) return;
  if (!c.asks) c.asks = std::make_shared<const domain::command>(next_of(c));
  // A gateway makes a new token for each request, also when a client repeats itself.
  if (const auto* claim = std::get_if<domain::next_task>(c.asks.get())) {
    auto again = *claim;
    again.token = token_of(world_.random().next());
    c.asks = std::make_shared<const domain::command>(again);
  }
  ask(i, c.asks);
}

void queue_workload::ask(std::uint32_t i, command_ptr what) {
  auto& c = clients_[i];
  auto& random = world_.random();
  c.number = requests_.size();
  requests_.push_back(std::move(what));
  const auto leader = world_.leader(c.shard);
  const bool guess = !leader || random.one_in(6);
  const auto node = guess ? static_cast<node_index>(random.below(world_.rules().nodes)) : *leader;
  const client_request r{.shard = c.shard,
                         .client = i,
                         .number = c.number,
                         .floor = world_.judged().asked_now(c.shard)};
  world_.add(random.between(50, 3000), at_node{node, 0, request_arrives{r}});
  world_.add(random.between(100'000, 1'500'000), client_hears{i, c.number, 0});
}

domain::command queue_workload::next_of(client& c) {
  return c.producer ? next_of_producer(c) : next_of_agent(c);
}

/// Each task has instructions of its own: asked for again, it is the same task (A13).
domain::command queue_workload::next_of_producer(client& c) {
  auto& random = world_.random();
  if (c.created > 0 && random.one_in(4)) return domain::get_task{c.task};
  return domain::create_task{{.random = random.next(),
                              .type_id = types_[c.shard],
                              .instructions = c.name + " " + std::to_string(c.created)}};
}

domain::command queue_workload::next_of_agent(client& c) {
  auto& random = world_.random();
  const bool holds = c.proof.epoch.has_value();
  // Dies, or forgets that it holds a task: the lease has to run out, or the next claim finds it.
  const bool forgets = holds && !faults_ended_ && random.one_in(6);
  if (forgets && random.one_in(2)) c.name += "x" + std::to_string(++c.lives);
  if (!holds || forgets) {
    c.proof = {};
    return domain::next_task{.agent = c.name};
  }
  switch (random.below(8)) {
    case 0:
      return domain::fail_task{.id = c.task, .agent = c.name, .proof = c.proof, .error = "no"};
    case 1:
      return domain::extend_lease{.id = c.task,
                                  .agent = c.name,
                                  .proof = c.proof,
                                  .extension_ms = random.between(100, 1500)};
    default:
      return domain::complete_task{.id = c.task,
                                   .agent = c.name,
                                   .proof = c.proof,
                                   .result = std::to_string(random.below(1000))};
  }
}

// --- hearing ------------------------------------------------------------------------------------

void queue_workload::hear(const client_hears& heard) {
  auto& c = clients_[heard.client];
  if (c.number != heard.number) return;  // of a request that it gave up
  c.number = 0;
  auto& random = world_.random();
  const auto* what = heard.answer == 0 ? nullptr : &answers_[heard.answer - 1];
  if (!what || asks_again(*what))
    return world_.add(random.between(5'000, 150'000), client_acts{heard.client});
  done(c, *what);
  c.asks.reset();
  const bool waits = what->ok() && std::holds_alternative<domain::no_task>(**what);
  const auto longest = waits || c.producer ? 300'000 : random.one_in(8) ? 2'500'000 : 200'000;
  world_.add(random.between(10'000, longest), client_acts{heard.client});
}

void queue_workload::done(client& c, const result<domain::reply>& what) {
  if (std::holds_alternative<domain::create_task>(*c.asks)) {
    c.task = std::get<domain::created_task>(*what).task.spec->id;
    ++c.created;
    c.created_at_end = c.created_at_end || faults_ended_;
    return;
  }
  if (c.producer) return;
  if (std::holds_alternative<domain::extend_lease>(*c.asks) && what.ok()) return;
  c.proof = {};
  if (!what.ok()) return;
  const auto* claim = std::get_if<domain::claim_view>(&*what);
  if (!claim) return;
  c.task = claim->task.spec->id;
  c.proof = {.token = claim->token, .epoch = claim->task.progress->lease_epoch};
}

// --- what an answer must be true of -------------------------------------------------------------

void queue_workload::judge_answer(const client_request& r, const domain::command& asked,
                                  const result<domain::reply>& what) const {
  const auto& q = judges_[r.shard];
  if (asks_again(what)) return;
  if (!what.ok()) return judge_refusal(q, asked, what.error());
  if (const auto* created = std::get_if<domain::created_task>(&*what)) {
    require(q.find(created->task.spec->id.seq()), "P1: a task is acknowledged that is not there");
  } else if (const auto* claim = std::get_if<domain::claim_view>(&*what)) {
    const auto* task = q.find(claim->task.spec->id.seq());
    require(task, "P1: a task is claimed that is not there");
    const auto grant = task->grants.find(claim->task.progress->lease_epoch);
    require(grant != task->grants.end() && grant->second == std::pair(claim->agent, claim->token),
            "P2: a claim is answered that was not granted");
  } else if (const auto* complete = std::get_if<domain::complete_task>(&asked)) {
    const auto* task = q.find(complete->id.seq());
    require(task && task->status == task_status::completed && task->agent == complete->agent &&
                task->result == complete->result,
            "P3: a completion is acknowledged that is not there");
  }
}

/// A holder is refused only if it is none any more; nothing that was created is unknown.
void queue_workload::judge_refusal(const queue_judge& q, const domain::command& asked,
                                   const error_info& why) const {
  require(why.code == errc::lease_lost, "a client is refused what it may ask for");
  const auto holds = [&](const auto& what) {
    const auto* task = q.find(what.id.seq());
    return task && task->status == task_status::running && task->agent == what.agent &&
           task->epoch == what.proof.epoch;
  };
  const auto* complete = std::get_if<domain::complete_task>(&asked);
  const auto* fail = std::get_if<domain::fail_task>(&asked);
  const auto* extend = std::get_if<domain::extend_lease>(&asked);
  require(!(complete && holds(*complete)) && !(fail && holds(*fail)) && !(extend && holds(*extend)),
          "P2: the holder of a lease is refused");
}

}  // namespace taskdriver::simulation
