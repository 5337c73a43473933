// What connects the nodes: messages, the register with its watch, and what clients may be told.
#include <algorithm>

#include "cluster/replica/forced_configuration.hpp"
#include "tests/simulation/describe.hpp"
#include "tests/simulation/violation.hpp"
#include "tests/simulation/world.hpp"

namespace taskdriver::simulation {

void world::send(sim_node& from, shard_index shard, cluster::outgoing_message m) {
  auto* to = node_named(m.to);
  require(to && to != &from, "a message to nobody");
  const cluster::member sender{from.name, from.store};
  if (trace_.prints())
    trace_.line(now_us_, "  " + from.name + " -> " + m.to + " " + describe(m.message));
  for (auto copies = network_.copies(from.index, to->index); copies > 0; --copies) {
    const auto at = network_.arrival(from.index, to->index, now_us_);
    message_arrives arrives{sender, shard, copies > 1 ? m.message : std::move(m.message)};
    agenda_.add(at, at_node{to->index, 0, std::move(arrives)});
  }
}

/// On a connection: a frame that is lost ends it, and so does a start of either node.
void world::send_frame(sim_node& from, node_index to, shard_index shard, std::string bytes) {
  if (!network_.open(from.index, to) || !nodes_[to]->up) return network_.disconnect(from.index, to);
  const auto at = network_.ordered_arrival(from.index, to, now_us_);
  const auto connection = network_.connection(from.index, to);
  agenda_.add(at, at_node{to, 0, frame_arrives{from.index, connection, shard, std::move(bytes)}});
}

// --- the register -------------------------------------------------------------------------------

void world::ask_register(sim_node& from, shard_index shard,
                         std::optional<cluster::shard_configuration> wanted) {
  trace_.add(note::register_request, now_us_, from.index, wanted ? wanted->epoch : 0);
  if (trace_.prints())
    trace_.line(now_us_,
                "  " + from.name +
                    (wanted ? " wants " + describe(*wanted) : std::string(" reads the register")));
  if (wanted && wanted->primary != register_.configuration(shard).primary)
    nemesis_.takeover_begins(shard);
  if (!network_.open(from.index, network_.register_end())) return;
  if (random_.per_mille(profile_.register_lost)) return;
  const auto takes = random_.between(profile_.register_min, profile_.register_max);
  add(takes + (register_.extra_delay_us > 0 ? random_.between(0, register_.extra_delay_us) : 0),
      at_register{from.index, from.life, shard, std::move(wanted)});
}

void world::at(at_register& asked) {
  if (register_.away > 0) {
    // Lost, or stuck on the way: then it arrives when nobody expects it any more.
    if (random_.one_in(2)) add(random_.between(50'000, 1'000'000), std::move(asked));
    return;
  }
  if (!asked.wanted) return answer_register(asked, true);
  const auto before = register_.configuration(asked.shard);
  if (!register_.change(asked.shard, *asked.wanted)) return answer_register(asked, true);
  ++counts_.configurations;
  if (before.primary != asked.wanted->primary)
    ++(asked.wanted->handover ? counts_.handovers : counts_.takeovers);
  trace_.add(note::register_answer, now_us_, asked.wanted->epoch, asked.from);
  if (trace_.prints()) trace_.line(now_us_, "REGISTERED " + describe(*asked.wanted));
  begin_line_if_forced(asked.shard);
  const auto floor = judge_.floor(asked.shard);
  require(in_sync_disks_hold(asked.shard, floor, judge_.epoch_of(asked.shard, floor)),
          "a member is registered that lacks what clients were told");
  nemesis_.configuration_changed(asked.shard, before);
  answer_register(asked, false);
  watch_all();
}

void world::answer_register(const at_register& asked, bool linearizable) {
  if (!network_.open(network_.register_end(), asked.from)) return;
  if (random_.per_mille(profile_.register_lost)) return;
  const auto takes = random_.between(profile_.register_min, profile_.register_max);
  register_answers answer{asked.shard, {register_.configuration(asked.shard), linearizable}};
  add(takes + (register_.extra_delay_us > 0 ? random_.between(0, register_.extra_delay_us) : 0),
      at_node{asked.from, asked.life, std::move(answer)});
}

void world::watch_all() {
  for (auto& n : nodes_) watch(*n);
}

/// What the watch has not yet sent to the node; after an outage it goes on from what is newest.
void world::watch(sim_node& n) {
  const auto from = network_.register_end();
  if (!n.up || register_.away > 0 || !network_.open(from, n.index)) return;
  for (shard_index s = 0; s < profile_.shards; ++s) {
    const auto& is = register_.configuration(s);
    if (n.watched_epoch[s] < is.epoch) {
      n.watched_epoch[s] = is.epoch;
      agenda_.add(network_.ordered_arrival(from, n.index, now_us_ + register_.extra_delay_us),
                  at_node{n.index, n.life, register_answers{s, {is, false}}});
    }
    if (n.watched_wish[s] < register_.wish_revision(s)) {
      n.watched_wish[s] = register_.wish_revision(s);
      agenda_.add(network_.ordered_arrival(from, n.index, now_us_ + register_.extra_delay_us),
                  at_node{n.index, n.life, wish_arrives{s, register_.wish(s)}});
    }
  }
}

void world::wish(shard_index shard, cluster::shard_placement wanted) {
  if (trace_.prints()) trace_.line(now_us_, "WISHED " + describe(wanted));
  register_.set_wish(shard, std::move(wanted));
  watch_all();
}

void world::force(shard_index shard, const sim_node& survivor) {
  const cluster::member left{survivor.name, survivor.store};
  const auto forced =
      cluster::forced_configuration(register_.configuration(shard), left, {"operator", 1, 1});
  trace_.add(note::fault, now_us_, survivor.index, forced.epoch);
  if (trace_.prints()) trace_.line(now_us_, "FORCED " + describe(forced));
  // Forced again before it led, it has what it had.
  if (!forced_ || *forced_ != left) forced_has_all_ = register_.configuration(shard).holds(left);
  forced_ = left;
  forced_epoch_ = forced.epoch;
  for (auto& n : nodes_) n->force_on_disk_us = 0;
  register_.set(shard, forced);
  ++counts_.forces;
  ++counts_.configurations;
  watch_all();
}

/// What the forced one has when it begins to lead is the history from then on. It may lose a part
/// of that and begin again, until a second one has it, too. One that was in sync has all that ever
/// was acknowledged, and nothing can be without it: then there is no other line.
void world::begin_line_if_forced(shard_index shard) {
  const auto& is = register_.configuration(shard);
  if (!forced_ || is.primary != forced_->node || !is.holds(*forced_)) return;
  if (is.in_sync.size() > 1) return forced_.reset();
  if (forced_has_all_) return;
  const auto& n = *node_named(forced_->node);
  const auto* h = host(n.index, shard);
  const auto& image = n.disk.image(shard);
  if (h)
    judge_.begin_line(shard, is.epoch, h->base(), h->log());
  else
    judge_.begin_line(shard, is.epoch, {image.base_index, image.base_epoch}, image.log);
}

/// As the primary itself knows it: of a force it may not have heard. But for a cluster that began
/// with one node, where fewer were enough at first.
bool world::too_few_in_sync(const sim_node& n, shard_index shard) const {
  return !profile_.grows_from_one &&
         n.hosts[shard]->machine().configuration().in_sync.size() < profile_.min_in_sync;
}

// --- what replicas did --------------------------------------------------------------------------

void world::committed(const sim_node& n, shard_index shard, const cluster::entry& e) {
  trace_.add(note::commit, now_us_, n.index, e.index);
  require(!n.hosts[shard]->machine().leads() || !too_few_in_sync(n, shard),
          "a primary commits with fewer disks than min_in_sync");
  if (trace_.prints())
    trace_.line(now_us_, "  " + n.name + " commits " + std::to_string(e.index) + " of epoch " +
                             std::to_string(e.epoch) + (shard > 0 ? " of another shard" : ""));
}

void world::applied(const sim_node& n, shard_index shard, std::uint64_t index) {
  trace_.add(note::apply, now_us_, n.index, index);
  if (trace_.prints())
    trace_.line(now_us_, "  the state of " + n.name + " has " + std::to_string(index) +
                             (shard > 0 ? " of another shard" : ""));
}

void world::installed(const sim_node& n, shard_index, std::uint64_t index) {
  ++counts_.installs;
  trace_.add(note::install, now_us_, n.index, index);
  if (trace_.prints())
    trace_.line(now_us_, "  " + n.name + " installed a checkpoint at " + std::to_string(index));
}

/// By the register as it is at this moment, which no node can know. A force may name anybody.
void world::dropped(const sim_node& n, shard_index shard) {
  ++counts_.drops;
  trace_.add(note::drop, now_us_, n.index, shard);
  if (trace_.prints()) trace_.line(now_us_, "  " + n.name + " dropped the shard");
  require(forced_ || !register_.configuration(shard).holds({n.name, n.store}),
          "a member drops what it has");
}

void world::leadership_changed(const sim_node& n, shard_index shard, bool ready) {
  trace_.add(ready ? note::leads : note::ended, now_us_, n.index, shard);
  if (trace_.prints())
    trace_.line(now_us_, "  " + n.name + (ready ? " is ready to serve" : " serves no more"));
}

void world::acknowledge(const sim_node& n, shard_index shard, std::uint64_t index,
                        std::uint64_t epoch) {
  trace_.add(note::acknowledge, now_us_, n.index, index);
  if (trace_.prints())
    trace_.line(now_us_, "  " + n.name + " acknowledges " + std::to_string(index));
  require(!too_few_in_sync(n, shard), "a write is acknowledged on fewer disks than min_in_sync");
  if (is_superseded(n, shard)) ++counts_.superseded;
  if (!judge_.acknowledged(shard, n.hosts[shard]->status().seen_epoch, index, epoch)) return;
  ++counts_.acknowledged;
  measure_gap();
  require((is_superseded(n, shard) && !forced_has_all_) || in_sync_disks_hold(shard, index, epoch),
          "a write is acknowledged that an in-sync disk lacks");
}

void world::shown(const sim_node& n, shard_index shard, const floor_asked& asked,
                  std::uint64_t index) {
  if (is_superseded(n, shard)) ++counts_.superseded;
  judge_.read(shard, asked, n.hosts[shard]->status().seen_epoch, index);
  ++counts_.reads;
}

// --- behind a force -----------------------------------------------------------------------------

/// A primary that goes on since it has not heard of the force.
bool world::is_superseded(const sim_node& n, shard_index shard) const {
  return n.hosts[shard]->status().seen_epoch < forced_epoch_;
}

void world::note_force_on_disk(sim_node& n) const {
  if (forced_epoch_ != 0 && n.force_on_disk_us == 0 && n.disk.image(0).seen_epoch >= forced_epoch_)
    n.force_on_disk_us = now_us_;
}

/// A primary goes on only with all its members, and for a lease at most when one of them knows
/// better. What it took before that it may still answer.
void world::takes_request(const sim_node& n, shard_index shard) const {
  if (!is_superseded(n, shard)) return;
  const auto lease_us = profile_.replica.lease_ms * 1'000'000 / (1000 - profile_.drift_per_mille);
  for (const auto& m : n.hosts[shard]->machine().configuration().in_sync) {
    const auto& other = *nodes_[static_cast<std::size_t>(m.node[1] - '1')];
    if (other.store != m.store || other.force_on_disk_us == 0) continue;
    require(now_us_ - other.force_on_disk_us <= lease_us + 2000,
            "a primary goes on for longer than a lease after a member has heard of a force");
  }
}

/// Only asked where a force has left two lines: the registered primary has it, or one that leads
/// this line and may not have heard of another one.
bool world::in_a_primarys_log(shard_index shard, const cluster::entry& e, std::uint64_t epoch) {
  if (judge_.lines(shard) == 1) return false;
  const auto begun = judge_.line_begun(shard, epoch);
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& n) {
    const auto* h = host(n->index, shard);
    const bool leads = h && h->machine().leads() && h->machine().configuration().epoch >= begun;
    if (!leads && register_.configuration(shard).primary != n->name) return false;
    const auto& image = n->disk.image(shard);
    const auto base = h ? h->base().index : image.base_index;
    const auto& log = h ? h->log() : image.log;
    if (e.index <= base) return true;  // its state is ahead of what is judged so far
    const auto place = e.index - base - 1;
    return place < log.size() && log[place].epoch == e.epoch;
  });
}

/// Whether what a disk has as its beginning belongs to the history, or will once the primary's own
/// log is committed: that may bring back what was cut off by a force.
bool world::is_of_line(shard_index shard, const shard_image& image) {
  const auto& primary = node_named(register_.configuration(shard).primary)->disk.image(shard);
  return judge_.on_line(shard, image.base_index, image.base_epoch) ||
         primary.holds(image.base_index, image.base_epoch);
}

/// A member that lost its disk had the entry; the disk that its node has now is another member.
bool world::in_sync_disks_hold(shard_index shard, std::uint64_t index, std::uint64_t epoch) {
  for (const auto& m : register_.configuration(shard).in_sync) {
    const auto* holder = node_named(m.node);
    const auto& image = holder->disk.image(shard);
    if (holder->store != m.store) continue;
    if (!image.holds(index, epoch) || !is_of_line(shard, image)) return false;
  }
  return true;
}

}  // namespace taskdriver::simulation
