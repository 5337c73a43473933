// What services and the world see of the queue's clients: requests, answers, and the end.
#include "tests/simulation/queue_workload.hpp"

#include <cstring>

#include "tests/simulation/queue_service.hpp"
#include "tests/simulation/violation.hpp"
#include "tests/simulation/world.hpp"

namespace taskdriver::simulation {
namespace {

constexpr std::uint32_t producers_per_shard = 2;
constexpr std::uint32_t agents_per_shard = 4;
const domain::caller admin{.admin = true};

}  // namespace

queue_workload::queue_workload(world& w) : world_(w), requests_(1) {
  const auto shards = world_.rules().shards;
  judges_.assign(shards, queue_judge(world_.rules().drift_per_mille));
  make_records();
  for (shard_index s = 0; s < shards; ++s) {
    for (std::uint32_t i = 0; i < producers_per_shard; ++i)
      clients_.push_back({.producer = true, .shard = s, .name = "p" + std::to_string(i)});
    for (std::uint32_t i = 0; i < agents_per_shard; ++i)
      clients_.push_back({.shard = s, .name = "a" + std::to_string(i)});
  }
}

queue_workload::~queue_workload() = default;

/// The project and its type are there before the history begins, on every disk, new ones too.
void queue_workload::make_records() {
  first_records_.resize(world_.rules().shards);
  for (shard_index s = 0; s < world_.rules().shards; ++s) {
    auto& records = first_records_[s];
    auto state = domain::project_state::load(project_of(s), records);
    const auto run = [&](const domain::command& what) {
      auto d = domain::decide(state, what, admin, {.steady_ms = 0, .wall_ms = 1'700'000'000'000});
      records.apply(project_of(s), d.what);
      state.applied(state.next_ticket() - 1);
      return std::move(d.answer).value();
    };
    run(domain::create_project{.id = object_id::make(project_of(s), sequence{0}, 1),
                               .name = "sim"});
    const auto lease_s = static_cast<std::uint32_t>(world_.random().between(1, 3));
    const auto created = run(domain::create_type{.name = "work",
                                                 .duplicates = domain::duplicate_handling::ignore,
                                                 .max_retries = 2,
                                                 .lease_s = lease_s});
    types_.push_back(std::get<domain::type_view>(created).record.id);
  }
}

std::unique_ptr<shard_service> queue_workload::make_service(service_host& host) {
  return std::make_unique<queue_service>(*this, host);
}

void queue_workload::begin() {
  for (std::uint32_t i = 0; i < clients_.size(); ++i)
    world_.add(world_.random().between(50'000, 600'000), client_acts{i});
}

// --- for the services ---------------------------------------------------------------------------

const domain::memory_records& queue_workload::first_records(const service_host& host) const {
  return first_records_[host.shard()];
}

payload_ptr queue_workload::keep(domain::changes what) {
  const std::uint64_t key = changes_.size();
  changes_.push_back({std::move(what), world_.now_us()});
  std::string bytes(sizeof key, '\0');
  std::memcpy(bytes.data(), &key, sizeof key);
  return std::make_shared<const std::string>(std::move(bytes));
}

const queue_workload::decided_changes& queue_workload::decided(const std::string& payload) const {
  std::uint64_t key = 0;
  std::memcpy(&key, payload.data(), sizeof key);
  return changes_[key];
}

void queue_workload::committed(shard_index shard, const decided_changes& what) {
  judges_[shard].committed(what.what, what.decided_us);
}

std::uint64_t queue_workload::epoch_of(const service_host& host) const {
  return world_.host(host.node(), host.shard())->machine().configuration().epoch;
}

std::uint64_t queue_workload::recent_bytes() const {
  return world_.rules().recent_bytes;
}

const domain::command* queue_workload::command_of(const client_request& r) const {
  return requests_[r.number].get();
}

void queue_workload::acknowledged(const service_host& host, std::uint64_t index,
                                  std::uint64_t epoch) {
  world_.acknowledge(world_.node(host.node()), host.shard(), index, epoch);
}

void queue_workload::shown(const service_host& host, const client_request& r, std::uint64_t index) {
  world_.shown(world_.node(host.node()), host.shard(), r.floor, index);
}

void queue_workload::answer(const client_request& r, const result<domain::reply>& what) {
  judge_answer(r, *requests_[r.number], what);
  if (what.ok() && std::holds_alternative<domain::claim_view>(*what)) ++world_.counts().grants;
  world_.notes().add(note::answer, world_.now_us(), r.number, what.ok());
  if (world_.notes().prints())
    world_.notes().line(world_.now_us(), "  answer to " + std::to_string(r.number) + ": " +
                                             (what.ok() ? "ok" : what.error().text));
  if (world_.random().per_mille(world_.kind() ? 0 : 50)) return;  // the client gives up waiting
  answers_.push_back(what);
  world_.add(world_.random().between(50, 3000), client_hears{r.client, r.number, answers_.size()});
}

// --- the end ------------------------------------------------------------------------------------

bool queue_workload::satisfied() const {
  if (!faults_ended_) return false;
  for (const auto& c : clients_)
    if (c.producer && !c.created_at_end) return false;
  for (const auto& q : judges_)
    if (!q.all_ended()) return false;
  return true;
}

void queue_workload::judge_end() {
  for (shard_index s = 0; s < world_.rules().shards; ++s)
    for (const auto& name : world_.registered().wish(s).replicas) {
      auto* host = world_.host(world_.node_named(name)->index, s);
      judge_records(s, static_cast<const queue_service&>(host->service()).records());
    }
}

/// P9, and every task is what the log's judge says.
void queue_workload::judge_records(shard_index shard, const domain::memory_records& records) const {
  for (const auto& difference : records.recount(project_of(shard)))
    throw violation("P9: " + difference);
  const auto& tasks = judges_[shard].tasks();
  const auto& stored = records.records(project_of(shard)).progress;
  require(tasks.size() == stored.size(), "P1: a task is lost, or comes from nowhere");
  for (const auto& [task, judged] : tasks) {
    const auto found = stored.find(task);
    require(found != stored.end(), "P1: a task is lost");
    require(found->second.status == judged.status && found->second.result == judged.result,
            "P3: a task ended differently than it was told");
  }
}

}  // namespace taskdriver::simulation
