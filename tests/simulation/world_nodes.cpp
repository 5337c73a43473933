// Nodes in their world: what comes to them in order, starts, crashes, pauses and disks.
#include <algorithm>

#include "cluster/replica/mutants.hpp"
#include "tests/simulation/describe.hpp"
#include "tests/simulation/violation.hpp"
#include "tests/simulation/world.hpp"

namespace taskdriver::simulation {
namespace {

constexpr std::int64_t tick_us = 50'000;

}  // namespace

void world::at(at_node& what) {
  auto& n = *nodes_[what.node];
  if (!n.up || (what.life != 0 && what.life != n.life)) return;
  if (n.paused) return n.held.push_back(std::move(what.what));
  deal_with(n, what.what);
}

void world::deal_with(sim_node& n, node_event& what) {
  if (trace_.prints()) trace_input(n, what);
  trace_.add(static_cast<note>(what.index() + 1), now_us_, n.index);
  std::visit([&](auto& e) { take(n, e); }, what);
  if (n.doomed) crash(n, random_.between(5'000, 1'500'000));
}

/// Ticks alone would fill the trace.
void world::trace_input(const sim_node& n, const node_event& what) {
  if (!std::holds_alternative<tick_due>(what)) trace_.line(now_us_, n.name + " " + describe(what));
}

void world::take(sim_node& n, tick_due&) {
  n.cached_ms = n.clock.read_ms(now_us_);
  add(tick_us, at_node{n.index, n.life, tick_due{}});
  watch(n);
  for (auto& h : n.hosts) {
    h->tick();
    if (n.doomed) return;
  }
}

void world::take(sim_node& n, message_arrives& m) {
  n.hosts[m.shard]->step(cluster::message_input{std::move(m.from), std::move(m.message)});
}

void world::take(sim_node& n, frame_arrives& f) {
  if (network_.connection(f.from, n.index) == f.connection) n.hosts[f.shard]->frame(f);
}

void world::take(sim_node& n, register_answers& a) {
  n.hosts[a.shard]->step(a.input);
}

void world::take(sim_node& n, wish_arrives& w) {
  n.hosts[w.shard]->step(cluster::placement_input{std::move(w.wanted)});
}

void world::take(sim_node& n, request_arrives& r) {
  n.hosts[r.request.shard]->request(r.request);
}

void world::take(sim_node& n, const state_due& due) {
  n.hosts[due.shard]->state_has_time(due);
}

// --- disks --------------------------------------------------------------------------------------

void world::write(sim_node& n, shard_index shard, sim_disk::operation what) {
  const bool flush = std::holds_alternative<flush_state>(what);
  n.disk.add(shard, std::move(what));
  begin_batch(n, flush);
  if (!n.crashes_at_disk) return;
  n.crashes_at_disk = false;
  n.doomed = true;
}

void world::begin_batch(sim_node& n, bool flush) {
  if (n.disk_hangs > 0 || !n.disk.begin_batch(flush)) return;
  const auto takes = random_.between(profile_.fsync_min, profile_.fsync_max) * n.disk_slowness;
  add(flush ? 3 * takes : takes, at_node{n.index, n.life, disk_batch_done{flush}});
}

void world::take(sim_node& n, disk_batch_done& d) {
  if (n.disk_hangs > 0) return n.held_batches.push_back(d.flush);
  auto done = n.disk.end_batch(d.flush);
  note_force_on_disk(n);
  if (n.crashes_at_disk && random_.one_in(2)) {
    n.crashes_at_disk = false;
    n.doomed = true;  // safe on disk, and nobody was told
    return;
  }
  begin_batch(n, d.flush);
  std::array<std::uint64_t, 2> last_id{};
  const auto tell = [&](shard_index shard) {
    const auto id = std::exchange(last_id[shard], 0);
    if (id != 0 && !n.doomed) n.hosts[shard]->step(cluster::disk_written_input{id});
  };
  for (auto& operation : done) {
    if (const auto* write = std::get_if<cluster::disk_write>(&operation.what)) {
      last_id[operation.shard] = write->id;
      continue;
    }
    tell(operation.shard);
    if (!n.doomed) n.hosts[operation.shard]->disk_done(operation.what);
  }
  for (shard_index s = 0; s < profile_.shards; ++s) tell(s);
}

void world::unhang_disk(sim_node& n) {
  if (n.disk_hangs == 0 || --n.disk_hangs > 0 || !n.up) return;
  for (const bool flush : std::exchange(n.held_batches, {}))
    add(0, at_node{n.index, n.life, disk_batch_done{flush}});
  begin_batch(n, false);
  begin_batch(n, true);
}

// --- lives --------------------------------------------------------------------------------------

void world::at(const node_starts& what) {
  auto& n = *nodes_[what.node];
  if (!n.up && n.life == what.life) start(n);
}

void world::start(sim_node& n) {
  n.up = true;
  ++n.life;
  n.cached_ms = n.clock.read_ms(now_us_);
  n.watched_epoch.assign(profile_.shards, 0);
  n.watched_wish.assign(profile_.shards, 0);
  trace_.add(note::start, now_us_, n.index, n.life);
  if (trace_.prints()) trace_.line(now_us_, n.name + " starts");
  for (shard_index s = 0; s < profile_.shards; ++s)
    n.hosts.push_back(std::make_unique<shard_host>(*this, n, s));
  add(random_.between(0, tick_us), at_node{n.index, n.life, tick_due{}});
}

void world::crash(sim_node& n, std::int64_t down_us) {
  n.doomed = false;
  if (!n.up) return;
  trace_.add(note::crash, now_us_, n.index);
  if (trace_.prints()) trace_.line(now_us_, n.name + " crashes");
  ++counts_.crashes;
  for (const auto& h : n.hosts)
    if (h->applied_index() < h->committed_index()) ++counts_.late_crashes;
  n.up = false;
  n.paused = false;
  n.held.clear();
  n.held_batches.clear();
  n.hosts.clear();
  for (node_index peer = 0; peer < nodes_.size(); ++peer) network_.disconnect(n.index, peer);
  n.disk.crash(random_);
  // A reboot as well, now and then: the clock begins anew.
  if (random_.one_in(4)) n.clock.offset_us = random_.between(0, 1'000'000) - now_us_;
  add(kind_ ? 1000 : down_us, node_starts{n.index, n.life});
}

void world::lose_disk(sim_node& n) {
  crash(n, random_.between(20'000, 3'000'000));
  n.disk = sim_disk(profile_.shards);
  n.force_on_disk_us = 0;
  n.store = cluster::breaks(cluster::mutant::no_store_id) ? n.store : random_.next();
  ++counts_.lost_disks;
  if (trace_.prints()) trace_.line(now_us_, n.name + " has lost its disk");
}

void world::pause(sim_node& n, std::int64_t for_us) {
  if (!n.up || n.paused) return;
  trace_.add(note::pause, now_us_, n.index);
  if (trace_.prints()) trace_.line(now_us_, n.name + " is paused");
  n.paused = true;
  add(for_us, node_resumes{n.index, n.life});
}

/// What waited is dealt with before the next tick: after SIGCONT nothing promises another order
/// (R6).
void world::at(const node_resumes& what) {
  auto& n = *nodes_[what.node];
  if (!n.up || n.life != what.life || !n.paused) return;
  trace_.add(note::resume, now_us_, n.index);
  if (trace_.prints()) trace_.line(now_us_, n.name + " goes on");
  n.paused = false;
  auto held = std::exchange(n.held, {});
  std::stable_partition(held.begin(), held.end(),
                        [](const node_event& e) { return !std::holds_alternative<tick_due>(e); });
  const auto life = n.life;
  for (auto& e : held)
    if (n.up && n.life == life) deal_with(n, e);
}

}  // namespace taskdriver::simulation
