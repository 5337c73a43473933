// A service that acknowledges numbers, and a stream of requests for it.
#include "tests/simulation/log_workload.hpp"

#include <cstring>
#include <optional>

#include "tests/simulation/mutants.hpp"
#include "tests/simulation/violation.hpp"
#include "tests/simulation/world.hpp"

namespace taskdriver::simulation {
namespace {

struct log_state final : state_data {
  std::uint64_t index = 0;
  std::uint64_t hash = 0;

  /// False: it is not the next one.
  bool add(const cluster::entry& e) {
    if (e.index != ++index) return false;
    std::uint64_t number = 0;
    std::memcpy(&number, e.payload->data(), sizeof number);
    hash = (hash ^ number) * 0x9e3779b97f4a7c15U;
    return true;
  }
};

payload_ptr payload_of(std::uint64_t number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace

class log_workload::service final : public shard_service {
public:
  service(log_workload& all, service_host& host) : all_(all), host_(host) {}

  void restore(const std::shared_ptr<const state_data>& data) override {
    state_ = data ? static_cast<const log_state&>(*data) : log_state{};
  }
  void apply(const cluster::entry& e) override {
    require(state_.add(e), "a state is not that of its index");
  }
  std::shared_ptr<const state_data> snapshot() const override {
    return std::make_shared<const log_state>(state_);
  }

  void ready() override { memory_ = state_; }
  void ended() override {
    memory_.reset();
    waiting_.clear();
    lists_.clear();
  }
  void commits(const cluster::entry& e, bool) override {
    if (memory_) require(memory_->add(e), "a primary serves without something committed");
  }
  void committed(std::uint64_t index) override {
    for (; !waiting_.empty() && waiting_.front().index <= index; waiting_.pop_front()) {
      const auto& done = waiting_.front();
      auto& w = all_.world_;
      w.acknowledge(w.node(host_.node()), host_.shard(), done.index, done.epoch);
    }
    if (planted_shell_mutant == shell_mutant::list_at_commit) answer_lists(index);
  }
  void applied(std::uint64_t index) override {
    answer_lists(index);
    if (memory_ && memory_->index == state_.index)
      require(memory_->hash == state_.hash, "a primary's memory is not what its state becomes");
  }
  void request(const client_request& r) override {
    if (!memory_ || !host_.may_answer()) return;
    all_.world_.takes_request(all_.world_.node(host_.node()), host_.shard());
    auto& random = all_.world_.random();
    if (r.write) return write(r.number, 1 + random.below(3));
    if (!random.one_in(4)) return answer_read(r.floor, memory_->index);
    // Of all that was proposed before it, committed or not.
    lists_.push_back({waiting_.empty() ? memory_->index : waiting_.back().index, r.floor});
    if (lists_.back().needs <= state_.index) answer_lists(state_.index);
  }
  void settle() override {}
  const log_state& state() const { return state_; }

private:
  struct written {
    std::uint64_t index = 0;
    std::uint64_t epoch = 0;
  };
  struct asked_list {
    std::uint64_t needs = 0;
    floor_asked floor;
  };

  void answer_read(const floor_asked& floor, std::uint64_t index) {
    auto& w = all_.world_;
    w.shown(w.node(host_.node()), host_.shard(), floor, index);
    w.notes().add(note::read, w.now_us(), host_.node(), index);
  }

  void answer_lists(std::uint64_t index) {
    for (; !lists_.empty() && lists_.front().needs <= index; lists_.pop_front()) {
      answer_read(lists_.front().floor, state_.index);
      ++all_.world_.counts().lists;
    }
  }

  void write(std::uint64_t number, std::uint64_t count) {
    std::vector<payload_ptr> payloads;
    for (std::uint64_t i = 0; i < count; ++i) payloads.push_back(payload_of(number * 4 + i));
    auto& w = all_.world_;
    const auto epoch = w.host(host_.node(), host_.shard())->machine().configuration().epoch;
    const auto first = host_.propose(std::move(payloads));
    if (!first) return;
    for (std::uint64_t i = 0; i < count; ++i) waiting_.push_back({*first + i, epoch});
  }

  log_workload& all_;
  service_host& host_;
  log_state state_;
  std::optional<log_state> memory_;  // while it serves: the state it began with, and what came
  std::deque<written> waiting_;
  std::deque<asked_list> lists_;
};

std::unique_ptr<shard_service> log_workload::make_service(service_host& host) {
  return std::make_unique<service>(*this, host);
}

void log_workload::begin() {
  acknowledged_before_.resize(world_.rules().shards);
  world_.add(100'000, client_acts{});
}

void log_workload::act(std::uint32_t client) {
  if (faults_ended_ && satisfied()) return;
  auto& random = world_.random();
  const bool quiet = world_.rules().quiet && !faults_ended_;
  const auto every = world_.rules().request_every * (quiet ? 30 : 1);
  world_.add(random.between(every / 4, every * 7 / 4), client_acts{client});
  const auto shard = static_cast<shard_index>(random.below(world_.rules().shards));
  const auto leader = world_.leader(shard);
  const bool guess = !leader || random.one_in(8);
  const auto node = guess ? static_cast<node_index>(random.below(world_.rules().nodes)) : *leader;
  ask(node, shard, random.below(5) < 2);
}

void log_workload::ask(node_index node, shard_index shard, bool write) {
  client_request r{.shard = shard, .write = write, .floor = world_.judged().asked_now(shard)};
  if (write) r.number = next_payload_++;
  world_.add(world_.random().between(50, 3000), at_node{node, 0, request_arrives{r}});
}

void log_workload::faults_ended() {
  faults_ended_ = true;
  for (shard_index s = 0; s < world_.rules().shards; ++s)
    acknowledged_before_[s] = world_.judged().acknowledged_count(s);
}

bool log_workload::satisfied() const {
  for (shard_index s = 0; s < world_.rules().shards; ++s)
    if (world_.judged().acknowledged_count(s) == acknowledged_before_[s]) return false;
  return true;
}

/// The judge compared every entry, and the world that all replicas have applied the same number;
/// that does not show whether one of them began with a state of its own.
void log_workload::judge_end() {
  for (shard_index s = 0; s < world_.rules().shards; ++s) {
    require(world_.judged().floor(s) <= world_.judged().last_index(s),
            "something acknowledged is not in the end");
    std::optional<std::uint64_t> hash;
    for (const auto& name : world_.registered().wish(s).replicas) {
      const auto* host = world_.host(world_.node_named(name)->index, s);
      const auto& state = static_cast<const service&>(host->service()).state();
      require(!hash || *hash == state.hash, "replicas have different states in the end");
      hash = state.hash;
    }
  }
}

}  // namespace taskdriver::simulation
