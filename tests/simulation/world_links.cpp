// What connects the nodes: messages, the register with its watch, and what clients may be told.
#include <algorithm>

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

// --- what replicas did --------------------------------------------------------------------------

void world::applied(const sim_node& n, shard_index shard, const cluster::entry& e) {
  trace_.add(note::apply, now_us_, n.index, e.index);
  if (trace_.prints())
    trace_.line(now_us_, "  " + n.name + " applies " + std::to_string(e.index) + " of epoch " +
                             std::to_string(e.epoch) + (shard > 0 ? " of another shard" : ""));
}

void world::installed(const sim_node& n, shard_index, std::uint64_t index) {
  ++counts_.installs;
  trace_.add(note::install, now_us_, n.index, index);
  if (trace_.prints())
    trace_.line(now_us_, "  " + n.name + " installed a checkpoint at " + std::to_string(index));
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
  judge_.acknowledged(shard, index, epoch);
  ++counts_.acknowledged;
  measure_gap();
  require(in_sync_disks_hold(shard, index, epoch),
          "a write is acknowledged that an in-sync disk lacks");
}

/// A member that lost its disk had the entry; the disk that its node has now is another member.
bool world::in_sync_disks_hold(shard_index shard, std::uint64_t index, std::uint64_t epoch) {
  for (const auto& m : register_.configuration(shard).in_sync) {
    const auto* holder = node_named(m.node);
    if (holder->store == m.store && !holder->disk.image(shard).holds(index, epoch)) return false;
  }
  return true;
}

}  // namespace taskdriver::simulation
