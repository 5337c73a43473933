// Random faults; every one is undone after a while, by an event that names it.
#include "tests/simulation/nemesis.hpp"

#include "tests/simulation/world.hpp"

namespace taskdriver::simulation {

void nemesis::begin() {
  if (world_.rules().scenario != scenario::none) return world_.add(4'000'000, fault_due{});
  world_.add(world_.random().between(200'000, 1'500'000), fault_due{});
  if (may(fault_force)) later(ms(500, 4000), falls_behind);
  if (may(fault_force_anyway)) later(ms(500, 4000), part_falls_behind);
  if (may(fault_drop)) later(ms(200, 2000), shard_moves);
}

bool nemesis::may(fault_kind kind) const {
  return !stopped_ && (world_.rules().faults & kind) != 0;
}

void nemesis::note_fault(const char* what, node_index a, node_index b) {
  world_.notes().add(note::fault, world_.now_us(), a, b);
  if (world_.notes().prints())
    world_.notes().line(world_.now_us(), std::string("FAULT ") + what + " n" +
                                             std::to_string(a + 1) + " n" + std::to_string(b + 1));
}

node_index nemesis::any_node() {
  return static_cast<node_index>(world_.random().below(world_.rules().nodes));
}

node_index nemesis::any_other(node_index than) {
  const auto nodes = world_.rules().nodes;
  if (nodes == 1) return than;
  return static_cast<node_index>((than + 1 + world_.random().below(nodes - 1)) % nodes);
}

std::int64_t nemesis::ms(std::int64_t low, std::int64_t high) {
  return world_.random().between(low, high) * 1000;
}

void nemesis::later(std::int64_t in_us, std::uint32_t what, node_index a, node_index b) {
  world_.add(in_us, fault_ends{what, a, b});
}

void nemesis::act() {
  if (stopped_) return;
  if (world_.rules().scenario != scenario::none) return strike(world_.rules().scenario);
  const auto kind = fault_kind(1U << world_.random().below(fault_kinds));
  if (may(kind)) do_fault(kind);
  const auto every = world_.rules().fault_every;
  // Kinds that this history does not have do not make it calmer.
  world_.add(may(kind) ? world_.random().between(every / 2, every * 3 / 2) : 1000, fault_due{});
}

/// Once, for longer than anybody waits.
void nemesis::strike(scenario what) {
  constexpr std::int64_t long_us = 60'000'000;
  const auto primary = world_.node_named(world_.registered().configuration(0).primary)->index;
  const auto backup = any_other(primary);
  note_fault("the one of the scenario", primary, backup);
  switch (what) {
    case scenario::none:
      return;
    case scenario::primary_crashes:
      return world_.crash(world_.node(primary), long_us);
    case scenario::backup_crashes:
      return world_.crash(world_.node(backup), long_us);
    case scenario::primary_disk_hangs:
      return world_.hang_disk(world_.node(primary));
    case scenario::backup_disk_hangs:
      return world_.hang_disk(world_.node(backup));
    case scenario::primary_cut_from_peers:
      for (node_index peer = 0; peer < world_.rules().nodes; ++peer)
        if (peer != primary) cut_both(primary, peer, long_us);
      return;
    case scenario::primary_cut_while_learner_catches_up:
      world_.crash(world_.node(backup), long_us);
      return later(1'700'000, learner_returns, backup);  // it was dropped by then
    case scenario::backup_loses_its_disk:
      return world_.lose_disk(world_.node(backup));
  }
}

/// `learner` comes back with an empty disk, and the primary is cut off at the same moment.
void nemesis::cut_primary_beside(node_index learner) {
  constexpr std::int64_t long_us = 60'000'000;
  const auto primary = world_.node_named(world_.registered().configuration(0).primary)->index;
  note_fault("primary cut while a learner catches up", primary, learner);
  world_.lose_disk(world_.node(learner));
  world_.start(world_.node(learner));
  for (node_index peer = 0; peer < world_.rules().nodes; ++peer)
    if (peer != primary) cut_both(primary, peer, long_us);
  world_.expect_one_takeover();
}

void nemesis::do_fault(fault_kind kind) {
  const auto who = any_node();
  auto& n = world_.node(who);
  if (kind == fault_crash) {
    note_fault("crash", who);
    return world_.crash(n, world_.random().one_in(2) ? ms(20, 300) : ms(300, 4000));
  }
  if (kind == fault_crash_at_disk) {
    n.crashes_at_disk = true;
    return note_fault("crash at the next write", who);
  }
  if (kind == fault_pause) return world_.pause(n, ms(50, 4500));
  if (kind == fault_clock_jump) {
    note_fault("clock jump", who);
    n.wall_offset_ms += world_.random().between(-10'000'000, 10'000'000);
    return;
  }
  if (kind == fault_slow_disk) {
    note_fault("slow disk", who);
    n.disk_slowness = world_.random().between(10, 300);
    return later(ms(300, 4000), disk_as_before, who);
  }
  if (kind == fault_hanging_disk) {
    note_fault("hanging disk", who);
    world_.hang_disk(n);
    return later(ms(300, 4000), disk_goes_on, who, n.life);
  }
  do_directed(kind);
}

void nemesis::do_directed(fault_kind kind) {
  switch (kind) {
    case fault_cut:
      return cut_some();
    case fault_one_way_cut:
      return cut_one_way();
    case fault_register_cut:
      return cut_both(any_node(), world_.network().register_end(), ms(100, 5000));
    case fault_register_away:
      return register_goes(ms(200, 5000));
    case fault_register_slow:
      return register_slows(ms(100, 2500), ms(500, 4000));
    case fault_lost_disk:
      return lose_disk();
    case fault_restart_all:
      return restart_all();
    case fault_handover:
      return hand_over();
    case fault_placement:
      return place();
    case fault_returning_primary:
      return return_of_the_primary();
    case fault_slow_register_and_cut:
      return slow_register_and_cut();
    default:
      return;  // isolated primary waits for its moment
  }
}

void nemesis::end(const fault_ends& what) {
  if (stopped_) return;
  auto& network = world_.network();
  switch (what.what) {
    case mend_link:
      return network.mend(what.a, what.b);
    case disk_as_before:
      world_.node(what.a).disk_slowness = 1;
      return;
    case disk_goes_on:
      return world_.unhang_disk(world_.node(what.a));
    case register_back:
      --world_.registered().away;
      return world_.watch_all();
    case register_fast:
      world_.registered().extra_delay_us = 0;
      return;
    case primary_back:
      return primary_returns(what.a);
    case falls_behind:
      return fall_behind();
    case all_are_lost:
      return lose_all_but(what.a);
    case part_falls_behind:
      return part_of_them_falls_behind();
    case forced_anyway:
      return force_anyway(what.a, what.b);
    case shard_moves:
      later(ms(200, 1500), shard_moves);
      return place();
    case learner_returns:
      return cut_primary_beside(what.a);
    default:
      return;
  }
}

// --- links --------------------------------------------------------------------------------------

void nemesis::cut(node_index from, node_index to, std::int64_t for_us) {
  note_fault("cut", from, to);
  world_.network().cut(from, to);
  later(for_us, mend_link, from, to);
}

void nemesis::cut_both(node_index a, node_index b, std::int64_t for_us) {
  cut(a, b, for_us);
  cut(b, a, for_us);
}

void nemesis::isolate(node_index who, std::int64_t for_us) {
  const auto direction = world_.random().below(4);
  for (node_index peer = 0; peer < world_.rules().nodes; ++peer) {
    if (peer == who) continue;
    if (direction != 1) cut(who, peer, for_us);
    if (direction != 2) cut(peer, who, for_us);
  }
  if (world_.random().one_in(3)) cut_both(who, world_.network().register_end(), for_us);
}

void nemesis::cut_some() {
  const auto who = any_node();
  if (world_.random().one_in(2)) return isolate(who, ms(100, 4500));
  cut_both(who, any_other(who), ms(100, 4500));
}

void nemesis::cut_one_way() {
  const auto who = any_node();
  cut(who, any_other(who), ms(100, 4500));
}

// --- the register -------------------------------------------------------------------------------

void nemesis::register_goes(std::int64_t for_us) {
  note_fault("register away", 0);
  ++world_.registered().away;
  later(for_us, register_back);
}

void nemesis::register_slows(std::int64_t most_us, std::int64_t for_us) {
  note_fault("register slow", 0);
  world_.registered().extra_delay_us = most_us;
  later(for_us, register_fast);
}

// --- disks and lives ----------------------------------------------------------------------------

/// One disk at a time: the next may go when the last one is replaced everywhere (section "what
/// min_in_sync promises" in docs/replication.md).
bool nemesis::may_lose_disk(const sim_node& n) const {
  for (shard_index s = 0; s < world_.rules().shards; ++s) {
    const auto& is = world_.registered().configuration(s);
    if (is.min_in_sync < 2 || is.in_sync.size() < is.min_in_sync) return false;
  }
  if (lost_store_ == 0) return true;
  if (world_.registered().holds_store(lost_store_)) return false;
  return world_.now_us() - lost_at_us_ > 5'000'000 && n.store != lost_store_;
}

void nemesis::lose_disk() {
  auto& n = world_.node(any_node());
  if (!may_lose_disk(n)) return;
  note_fault("lost disk", n.index);
  lost_store_ = n.store;
  lost_at_us_ = world_.now_us();
  world_.lose_disk(n);
}

void nemesis::restart_all() {
  note_fault("restart all", 0);
  for (auto& n : world_.nodes()) world_.crash(*n, ms(10, 300));
}

void nemesis::hand_over() {
  const auto shard = static_cast<shard_index>(world_.random().below(world_.rules().shards));
  const auto from = world_.leader(shard);
  if (!from) return;
  const auto to = any_other(*from);
  if (to == *from || world_.node(*from).paused) return;
  note_fault("hand-over", *from, to);
  const bool named = world_.random().one_in(2);
  world_.host(*from, shard)
      ->step(cluster::handover_input{named ? world_.node(to).name : cluster::node_name{}});
  auto& n = world_.node(*from);
  if (n.doomed) world_.crash(n, ms(10, 1000));
}

// --- wishes -------------------------------------------------------------------------------------

cluster::shard_placement nemesis::first_wish() const {
  cluster::shard_placement wanted{.min_in_sync = world_.rules().min_in_sync};
  for (node_index i = 0; i < world_.rules().replicas; ++i)
    wanted.replicas.push_back(world_.nodes()[i]->name);
  return wanted;
}

/// Another set of replicas of the same size, or another favourite.
void nemesis::place() {
  const auto& rules = world_.rules();
  const auto shard = static_cast<shard_index>(world_.random().below(rules.shards));
  auto wanted = first_wish();
  const auto shift = world_.random().below(rules.nodes);
  wanted.replicas.clear();
  for (node_index i = 0; i < rules.nodes; ++i)
    if ((i + shift) % rules.nodes < rules.replicas)
      wanted.replicas.push_back(world_.nodes()[i]->name);
  if (world_.random().one_in(2))
    wanted.primary = wanted.replicas[world_.random().below(wanted.replicas.size())];
  note_fault("another wish", static_cast<node_index>(shift));
  world_.wish(shard, std::move(wanted));
}

// --- directed patterns --------------------------------------------------------------------------

void nemesis::takeover_begins(shard_index shard) {
  if (!may(fault_isolated_primary) || !world_.random().one_in(4)) return;
  const auto* old = world_.node_named(world_.registered().configuration(shard).primary);
  isolate(old->index, ms(100, 3000));
}

void nemesis::configuration_changed(shard_index shard, const cluster::shard_configuration& before) {
  if (world_.registered().configuration(shard).primary == before.primary) return;
  if (!may(fault_isolated_primary) || !world_.random().one_in(2)) return;
  isolate(world_.node_named(before.primary)->index, ms(100, 3000));
}

void nemesis::return_of_the_primary() {
  const auto who = world_.leader(0);
  if (!who || world_.rules().nodes < 3) return;
  note_fault("a primary goes", *who);
  const auto for_us = may(fault_drop) ? ms(3000, 6000) : ms(1700, 4000);
  for (node_index peer = 0; peer < world_.rules().nodes; ++peer)
    if (peer != *who) cut_both(*who, peer, for_us);
  if (world_.random().one_in(2)) cut_both(*who, world_.network().register_end(), for_us + 500'000);
  later(for_us - ms(0, 20), primary_back, *who);
}

void nemesis::primary_returns(node_index primary) {
  note_fault("a primary returns", primary);
  register_goes(ms(300, 3000));
  for (auto& n : world_.nodes())
    if (n->index != primary) world_.crash(*n, ms(5, 100));
}

void nemesis::slow_register_and_cut() {
  const auto who = world_.leader(0);
  if (!who || world_.rules().nodes < 2) return;
  register_slows(ms(300, 2000), ms(1500, 4000));
  const auto peer = any_other(*who);
  const auto for_us = ms(1200, 3000);
  if (world_.random().one_in(3))
    cut(peer, *who, for_us);
  else
    cut(*who, peer, for_us);
  // It cannot drop the peer then, and the peer's take-over is what the register gets.
  if (world_.random().one_in(2)) cut(*who, world_.network().register_end(), ms(1500, 4000));
}

}  // namespace taskdriver::simulation
