// The loop of a history, its beginning and its end.
#include "tests/simulation/world.hpp"

#include <algorithm>

#include "cluster/replica/mutants.hpp"
#include "tests/simulation/log_workload.hpp"
#include "tests/simulation/queue_workload.hpp"
#include "tests/simulation/violation.hpp"

namespace taskdriver::simulation {
namespace {

constexpr std::int64_t check_every_us = 50'000;
/// A checkpoint whose begin was lost in a cut is given up after ten seconds, and sending it again
/// takes some more.
constexpr std::int64_t lost_stream_us = 13'000'000;

std::unique_ptr<workload> workload_of(const history_options& options, world& w) {
  if (options.level == level::queue) return std::make_unique<queue_workload>(w);
  return std::make_unique<log_workload>(w);
}

}  // namespace

void history_counts::add(const history_counts& more) {
  events += more.events;
  acknowledged += more.acknowledged;
  reads += more.reads;
  crashes += more.crashes;
  lost_disks += more.lost_disks;
  configurations += more.configurations;
  takeovers += more.takeovers;
  handovers += more.handovers;
  forces += more.forces;
  superseded += more.superseded;
  installs += more.installs;
  drops += more.drops;
  grants += more.grants;
  lists += more.lists;
  late_services += more.late_services;
  late_checkpoints += more.late_checkpoints;
  late_installs += more.late_installs;
  late_crashes += more.late_crashes;
  gap_ms = std::max(gap_ms, more.gap_ms);
  quiet_ms = std::max(quiet_ms, more.quiet_ms);
}

world::world(const history_options& options)
    : options_(options),
      profile_(draw_profile(options)),
      random_(options.seed),
      trace_(options.trace),
      trusts_cached_time_(cluster::breaks(cluster::mutant::cached_time)),
      network_(profile_, random_),
      register_(profile_.shards),
      judge_(profile_.shards),
      workload_(workload_of(options, *this)),
      nemesis_(*this) {}

world::~world() = default;

history_outcome world::run() {
  history_outcome outcome;
  try {
    begin();
    while (!done_) {
      now_us_ = std::max(now_us_, agenda_.next_us());
      auto next = agenda_.take();
      ++counts_.events;
      dispatch(next);
    }
  } catch (const violation& v) {
    outcome.broken = v.what();
  }
  outcome.at_us = now_us_;
  outcome.hash = trace_.hash();
  outcome.counts = counts_;
  return outcome;
}

/// The first configuration is what a controller would make of the nodes that are there.
void world::begin() {
  for (node_index i = 0; i < profile_.nodes; ++i) {
    auto& n = *nodes_.emplace_back(std::make_unique<sim_node>(i, profile_.shards));
    n.store = random_.next();
    n.clock = {random_.between(0, 100'000'000),
               random_.between(-profile_.drift_per_mille, profile_.drift_per_mille)};
    n.wall_offset_ms = 1'700'000'000'000 + random_.between(-5000, 5000);
  }
  for (shard_index s = 0; s < profile_.shards; ++s) {
    cluster::shard_configuration first{.epoch = 1};
    const auto members = profile_.grows_from_one ? 1 : profile_.replicas;
    for (node_index i = 0; i < members; ++i)
      first.in_sync.push_back({nodes_[i]->name, nodes_[i]->store});
    first.primary = nodes_[random_.below(members)]->name;
    first.min_in_sync = profile_.grows_from_one ? 1 : profile_.min_in_sync;
    register_.set(s, first);
    register_.set_wish(s, nemesis_.first_wish());
  }
  for (auto& n : nodes_) add(random_.between(0, 50'000), node_starts{n->index, n->life});
  add(profile_.faults_until, end_checked{});
  nemesis_.begin();
  workload_->begin();
}

void world::dispatch(event& what) {
  if (auto* e = std::get_if<at_node>(&what)) return at(*e);
  if (auto* e = std::get_if<at_register>(&what)) return at(*e);
  if (const auto* e = std::get_if<client_acts>(&what)) return workload_->act(e->client);
  if (const auto* e = std::get_if<client_hears>(&what)) return workload_->hear(*e);
  if (const auto* e = std::get_if<node_starts>(&what)) return at(*e);
  if (const auto* e = std::get_if<node_resumes>(&what)) return at(*e);
  if (std::holds_alternative<fault_due>(what)) return nemesis_.act();
  if (const auto* e = std::get_if<fault_ends>(&what)) return nemesis_.end(*e);
  check_end();
}

sim_node* world::node_named(const cluster::node_name& name) {
  const auto i = static_cast<std::size_t>(name[1] - '1');
  return i < nodes_.size() ? nodes_[i].get() : nullptr;
}

shard_host* world::host(node_index i, shard_index shard) {
  return nodes_[i]->up ? nodes_[i]->hosts[shard].get() : nullptr;
}

std::optional<node_index> world::leader(shard_index shard) {
  std::array<node_index, nodes_max> found{};
  std::size_t count = 0;
  for (node_index i = 0; i < nodes_.size(); ++i)
    if (auto* h = host(i, shard); h && h->machine().leads()) found[count++] = i;
  if (count == 0) return std::nullopt;
  return found[count == 1 ? 0 : random_.below(count)];
}

std::unique_ptr<shard_service> world::make_service(service_host& host) {
  return workload_->make_service(host);
}

// --- the end ------------------------------------------------------------------------------------

/// The beginning, in which everybody only starts, does not count.
void world::measure_gap() {
  constexpr std::int64_t begun_us = 3'500'000;
  if (profile_.scenario == scenario::none || kind_) return;
  const auto since = std::max(acknowledged_at_us_, begun_us);
  counts_.gap_ms = std::max(counts_.gap_ms, (now_us_ - since) / 1000);
  acknowledged_at_us_ = now_us_;
}

void world::end_faults() {
  measure_gap();
  require(counts_.gap_ms <= profile_.gap_max_ms, "one fault, and no write for too long");
  require(profile_.scenario != scenario::backup_loses_its_disk ||
              register_.configuration(0).in_sync.size() == profile_.replicas,
          "a learner never catches up");
  require(counts_.takeovers <= takeovers_max_, "a shard is taken again and again");
  kind_ = true;
  nemesis_.stop();
  network_.mend_all();
  register_.away = 0;
  register_.extra_delay_us = 0;
  profile_.drop = profile_.twice = profile_.far = profile_.register_lost = 0;
  for (auto& n : nodes_) {
    n->crashes_at_disk = false;
    n->disk_slowness = 1;
    while (n->disk_hangs > 0) unhang_disk(*n);
    if (n->paused) add(0, node_resumes{n->index, n->life});
    if (!n->up) start(*n);
  }
  workload_->faults_ended();
}

void world::check_end() {
  add(check_every_us, end_checked{});
  if (!kind_) return end_faults();
  const bool satisfied = workload_->satisfied();
  require(satisfied || now_us_ < profile_.converge_until, "no progress after the faults ended");
  require(now_us_ < profile_.converge_until + lost_stream_us,
          "replicas do not agree after the faults ended");
  if (!satisfied) return;
  if (counts_.quiet_ms == 0) counts_.quiet_ms = (now_us_ - profile_.faults_until) / 1000;
  if (!agreed()) return;
  workload_->judge_end();
  done_ = true;
}

/// Every wish is fulfilled, and the state of every replica that is wished for has everything.
bool world::agreed() {
  for (shard_index s = 0; s < profile_.shards; ++s) {
    const auto& is = register_.configuration(s);
    const auto& wish = register_.wish(s);
    if (is.in_sync.size() != wish.replicas.size()) return false;
    if (!wish.primary.empty() && wish.primary != is.primary) return false;
    if (wish.min_in_sync != 0 && wish.min_in_sync != is.min_in_sync) return false;
    for (const auto& name : wish.replicas) {
      auto& n = *node_named(name);
      if (!is.holds({name, n.store})) return false;
      const auto* h = host(n.index, s);
      if (!h || h->applied_index() != judge_.last_index(s)) return false;
    }
  }
  return true;
}

}  // namespace taskdriver::simulation
