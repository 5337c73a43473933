// Draws the world of a history; the tail of hard worlds is on purpose.
#include "tests/simulation/profile.hpp"

#include <algorithm>

#include "tests/simulation/random_stream.hpp"

namespace taskdriver::simulation {
namespace {

constexpr std::int64_t ms = 1000;

void draw_faults(profile& p, random_stream& random) {
  p.faults = 0;
  // A third of the histories have everything, the others about half of it.
  const bool everything = random.one_in(3);
  for (std::uint32_t kind = 0; kind < fault_kinds; ++kind)
    if (everything || random.one_in(2)) p.faults |= 1U << kind;
  if (p.nodes < 3) p.faults &= ~(std::uint32_t{fault_lost_disk} | fault_placement);
  p.fault_every = random.between(250, 1500) * ms;
}

void draw_network(profile& p, random_stream& random) {
  p.delay_min = random.between(100, 1000);
  p.delay_max = p.delay_min + random.between(500, 4000);
  constexpr std::uint64_t drops[] = {0, 0, 2, 20, 80};
  p.drop = drops[random.below(5)];
  p.twice = random.one_in(2) ? 0 : random.below(30);
  p.unordered = random.one_in(2) ? 0 : random.below(300);
  p.far = random.one_in(2) ? 0 : random.below(6);
  p.register_min = random.between(1, 3) * ms;
  p.register_max = p.register_min + random.between(1, 8) * ms;
  p.register_lost = random.one_in(2) ? 0 : random.below(150);
}

void draw_disk(profile& p, random_stream& random) {
  p.fsync_min = random.between(100, 1000);
  p.fsync_max = p.fsync_min + random.between(500, 4000);
  p.flush_every = random.between(100, 2000) * ms;
  p.state_bytes = random.one_in(2) ? 0 : random.below(3000);
  p.chunk_bytes = 50 + random.below(100);
  p.chunks_per_tick = 1 + random.below(8);
}

void draw_replica(profile& p, random_stream& random) {
  p.drift_per_mille = random.one_in(2) ? 0 : random.between(0, 50);
  // One entry a message is the hardest for whoever reasons about prefixes.
  constexpr std::uint64_t bytes_max[] = {1, 1, 24, 100, 256 << 10};
  p.replica.append_bytes_max = bytes_max[random.below(5)];
  p.replica.unacked_bytes_max = random.one_in(3) ? 64 : std::uint64_t{4} << 20;
  p.replica.uncommitted_bytes_max =
      random.one_in(4) ? 16 + random.below(200) : std::uint64_t{32} << 20;
  p.replica.kept_entries = random.one_in(3) ? 0 : random.below(50);
  p.replica.held_bytes_max = 80 * random.below(200);  // some 80 an entry
  p.replica.checkpoint_held_bytes_max = 4 * p.replica.held_bytes_max;
  p.replica.checkpoint_retry_ms = random.between(50, 1000);
  p.replica.learner_lag_max = random.one_in(2) ? random.below(20) : 1000;
}

void draw_membership(profile& p, random_stream& random) {
  p.min_in_sync = p.nodes < 3 ? 1 : 2;
  if (p.nodes == 5 && random.one_in(3)) p.min_in_sync = 3;
  p.replicas = p.nodes;
  if (p.nodes == 5 && random.one_in(2)) p.replicas = p.min_in_sync + 1;
  p.grows_from_one = p.nodes >= 3 && random.one_in(8);
  p.shards = random.one_in(12) ? 2 : 1;
}

/// From randomness of its own, so that histories without it stay what they are. At the level of the
/// queue nobody could tell what its model has to go back to.
void draw_force(profile& p, const history_options& options) {
  random_stream random(options.seed ^ 0x666f726365);
  const bool fits = p.nodes >= 3 && options.level == level::log;
  if (options.only_faults == 0 && random.one_in(6)) p.faults |= fault_force;
  if (!fits) p.faults &= ~std::uint32_t{fault_force};
  if ((p.faults & fault_force) == 0) return;
  p.shards = 1;
  p.grows_from_one = false;
}

/// In half of the histories who was away needs a checkpoint, and that takes longer than a
/// take-over: it is still under way when its sender has been superseded.
void draw_force_anyway(profile& p, const history_options& options) {
  random_stream random(options.seed ^ 0x616e79776179);
  if (options.only_faults == 0 && random.one_in(6)) p.faults |= fault_force_anyway;
  if (p.nodes < 3 || options.level != level::log || options.scenario != scenario::none)
    p.faults &= ~std::uint32_t{fault_force_anyway};
  if ((p.faults & fault_force_anyway) == 0) return;
  p.shards = 1;
  p.grows_from_one = false;
  if (random.one_in(2)) return;
  p.replica.kept_entries = random.below(10);
  p.flush_every = random.between(50, 300) * ms;
  p.state_bytes = 2000 + random.below(4000);
  p.chunk_bytes = 100;
  p.chunks_per_tick = 1;
}

/// From randomness of its own, for the same reason.
void draw_drop(profile& p, const history_options& options) {
  random_stream random(options.seed ^ 0x64726f70);
  if (options.only_faults == 0 && random.one_in(5)) p.faults |= fault_drop;
  if (p.nodes < 3 || options.scenario != scenario::none) p.faults &= ~std::uint32_t{fault_drop};
  if ((p.faults & fault_drop) == 0) return;
  p.replica.drop_after_ms = random.one_in(2) ? random.between(50, 200) : random.between(50, 1500);
  p.replicas = p.min_in_sync + static_cast<std::uint32_t>(random.below(p.nodes - p.min_in_sync));
  p.grows_from_one = false;
  p.quiet = random.one_in(3);
}

/// From randomness of its own, too. The product gathers for 100 ms.
void draw_lag(profile& p, const history_options& options) {
  random_stream random(options.seed ^ 0x6c6167);
  constexpr std::int64_t gathering_max[] = {0, 5 * ms, 100 * ms, 100 * ms, 500 * ms, 3000 * ms};
  if (options.state_lags) p.gathering_max = gathering_max[random.below(6)];
  p.gathering_kind_max = std::min(p.gathering_max, 100 * ms);
  p.gathered_entries_max = random.one_in(3) ? 2 + random.below(20) : 1024;
  p.stalls = random.one_in(2) ? 0 : random.below(300);
  constexpr std::uint64_t recent_bytes[] = {0, 2000, 1 << 20};
  p.recent_bytes = recent_bytes[random.below(3)];
}

/// The product's own settings, a network and disks that only take their time.
void make_kind(profile& p, const history_options& options) {
  p.scenario = options.scenario;
  p.shards = 1;
  p.grows_from_one = false;
  p.drop = p.twice = p.unordered = p.far = p.register_lost = 0;
  p.faults = 0;
  p.faults_until = 12'000 * ms;
  p.replica = {};
  p.gathering_max = p.gathering_kind_max;
  p.gathered_entries_max = 1024;
  p.stalls = 0;
  const bool loses_disk = options.scenario == scenario::backup_loses_its_disk;
  if (options.scenario != scenario::primary_cut_while_learner_catches_up && !loses_disk) return;
  // A checkpoint that takes some four seconds, since the log is cut soon.
  p.replica.kept_entries = 20;
  p.flush_every = 200 * ms;
  p.state_bytes = 8000;
  p.chunk_bytes = 100;
  p.chunks_per_tick = 1;
  p.faults_until = 20'000 * ms;
  if (!loses_disk) p.gap_max_ms = 9000;
}

}  // namespace

profile draw_profile(const history_options& options) {
  random_stream random(options.seed ^ 0x70726f66696c65);
  profile p;
  p.nodes = options.nodes;
  draw_membership(p, random);
  draw_faults(p, random);
  if (options.only_faults != 0) p.faults = options.only_faults;
  draw_force(p, options);
  draw_network(p, random);
  draw_disk(p, random);
  draw_replica(p, random);
  draw_drop(p, options);
  draw_force_anyway(p, options);
  draw_lag(p, options);
  p.faults_until = random.between(5'000, 10'000) * ms;
  if (options.scenario != scenario::none) make_kind(p, options);
  const bool queue = options.level == level::queue;
  p.converge_until = p.faults_until + (queue ? 25'000 : 12'000) * ms;
  p.request_every = random.between(4, 25) * ms;
  return p;
}

}  // namespace taskdriver::simulation
