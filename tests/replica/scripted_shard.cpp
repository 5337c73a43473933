// The disks, the register and the delivery of messages behind scripted_shard.
#include "tests/replica/scripted_shard.hpp"

#include <boost/test/unit_test.hpp>
#include <utility>

namespace taskdriver::cluster::testing {

// --- the disk -----------------------------------------------------------------------------------

void scripted_disk::put(contents& to, const disk_write& w) {
  if (w.seen_epoch != 0) to.seen = w.seen_epoch;
  if (w.truncate_from != 0)
    to.entries.erase(to.entries.lower_bound(w.truncate_from), to.entries.end());
  for (const auto& e : w.entries) to.entries[e.index] = e;
}

std::vector<entry> scripted_disk::read(std::uint64_t first, std::uint64_t last,
                                       std::uint64_t bytes_max) const {
  contents all = durable_;
  for (const auto& w : waiting_) put(all, w);
  std::vector<entry> entries;
  std::uint64_t bytes = 0;
  for (auto i = first; i <= last; ++i) {
    const auto found = all.entries.find(i);
    BOOST_REQUIRE_MESSAGE(found != all.entries.end(), "entry " << i << " is not in the log");
    bytes += found->second.payload->size();
    if (!entries.empty() && bytes > bytes_max) break;
    entries.push_back(found->second);
  }
  return entries;
}

std::uint64_t scripted_disk::fsync(std::size_t count) {
  std::uint64_t last = 0;
  for (; count > 0 && !waiting_.empty(); --count, waiting_.pop_front()) {
    put(durable_, waiting_.front());
    last = waiting_.front().id;
  }
  return last;
}

void scripted_disk::install(const checkpoint_install& what) {
  for (const auto& w : waiting_) put(durable_, w);
  waiting_.clear();
  if (!what.keep_suffix) durable_.entries.clear();
  cut(what.index);
  durable_.base_index = what.index;
  durable_.base_epoch = what.entry_epoch;
}

void scripted_disk::cut(std::uint64_t index) {
  const auto found = durable_.entries.find(index);
  if (found != durable_.entries.end()) durable_.base_epoch = found->second.epoch;
  durable_.base_index = index;
  durable_.entries.erase(durable_.entries.begin(), durable_.entries.upper_bound(index));
}

recovered_replica scripted_disk::recovered(std::uint64_t applied) const {
  recovered_replica at{.seen_epoch = durable_.seen,
                       .base_index = durable_.base_index,
                       .base_epoch = durable_.base_epoch,
                       .last_index = durable_.base_index,
                       .applied_index = applied};
  for (const auto& [index, e] : durable_.entries) {
    at.last_index = index;
    at.log_bytes += e.payload->size();
    if (at.runs.empty() || at.runs.back().epoch != e.epoch) at.runs.push_back({index, e.epoch});
  }
  return at;
}

// --- the shard ----------------------------------------------------------------------------------

scripted_shard::scripted_shard(std::size_t nodes, std::uint32_t min_in_sync,
                               replica_settings settings)
    : settings_(settings) {
  registered.min_in_sync = min_in_sync;
  placement.replicas.clear();
  for (std::size_t i = 0; i < nodes; ++i) {
    auto node = std::make_unique<scripted_node>();
    node->name = std::string(1, static_cast<char>('a' + i));
    node->store = next_store_++;
    node->disk = std::make_unique<scripted_disk>();
    placement.replicas.push_back(node->name);
    nodes_.push_back(std::move(node));
  }
  for (auto& node : nodes_) restart(node->name);
}

scripted_node& scripted_shard::at(const node_name& name) {
  for (auto& node : nodes_)
    if (node->name == name) return *node;
  BOOST_FAIL("there is no node " << name);
  return *nodes_.front();
}

replica& scripted_shard::on(const node_name& name) {
  BOOST_REQUIRE_MESSAGE(at(name).run, name << " is down");
  return *at(name).run;
}

void scripted_shard::start() {
  registered.epoch = 1;
  registered.primary = nodes_.front()->name;
  for (const auto& node : nodes_) registered.in_sync.push_back(node->as_member());
  for (auto& node : nodes_) node->reads_waiting = true;
  BOOST_REQUIRE(run_until([this] { return !serving().empty(); }));
}

node_name scripted_shard::serving() {
  node_name found;
  for (const auto& node : nodes_) {
    if (!serves(node->name)) continue;
    BOOST_TEST(found.empty(), "two nodes serve: " << found << " and " << node->name);
    found = node->name;
  }
  return found;
}

replica_outputs scripted_shard::step(const node_name& name, const replica_input& input) {
  auto& node = at(name);
  auto out = on(name).step(now, input);
  carry_out(node, out);
  drain();
  return out;
}

replica_outputs scripted_shard::deliver(const node_name& from, const node_name& to,
                                        replica_message message) {
  return step(to, message_input{at(from).as_member(), std::move(message)});
}

void scripted_shard::run_for(std::int64_t ms) {
  for (const auto end = now + ms; now < end;) {
    now += std::min<std::int64_t>(50, end - now);
    for (auto& node : nodes_)
      if (node->run) step(node->name, tick_input{});
  }
}

bool scripted_shard::propose(const node_name& name, const std::string& payload) {
  const auto out = step(name, propose_input{{std::make_shared<const std::string>(payload)}});
  BOOST_REQUIRE(out.proposed);
  if (out.proposed->accepted) at(name).proposed.push_back(payload);
  return out.proposed->accepted;
}

void scripted_shard::carry_out(scripted_node& node, const replica_outputs& out) {
  for (const auto& w : out.writes) node.disk->write(w);
  if (out.apply_up_to != 0) apply(node, out.apply_up_to);
  node.leadership.insert(node.leadership.end(), out.leadership.begin(), out.leadership.end());
  for (const auto& m : out.messages) {
    sent.push_back({node.as_member(), m.to, m.message});
    (hold_messages ? held : under_way_).push_back(sent.back());
  }
  if (out.read_register) node.reads_waiting = true;
  if (out.change) node.changes.push_back(*out.change);
  node.checkpoints.insert(node.checkpoints.end(), out.checkpoint_to.begin(),
                          out.checkpoint_to.end());
  if (out.install) node.installs.push_back(*out.install);
}

void scripted_shard::apply(scripted_node& node, std::uint64_t up_to) {
  for (auto i = node.applied.size() + 1; i <= up_to; ++i)
    node.applied.push_back(*node.disk->read(i, i, 0).front().payload);
}

/// Everything that may happen without time going on happens.
void scripted_shard::drain() {
  if (std::exchange(draining_, true)) return;
  for (bool busy = true; busy;) {
    busy = !under_way_.empty();
    while (!under_way_.empty()) {
      const auto m = std::move(under_way_.front());
      under_way_.pop_front();
      auto& to = at(m.to);
      if (!to.run || to.cut_off || at(m.from.node).cut_off) continue;
      step(m.to, message_input{m.from, m.message});
    }
    for (auto& node : nodes_) {
      if (!node->run) continue;
      if (!node->disk_stuck && !node->disk->idle()) busy = true, fsync(node->name);
      if (!node->register_away && (node->reads_waiting || !node->changes.empty()))
        busy = true, answer_register(node->name);
      for (const auto& what : std::exchange(node->installs, {})) {
        busy = true;
        node->disk->install(what);
        step(node->name, checkpoint_installed_input{});
      }
    }
  }
  draining_ = false;
}

void scripted_shard::fsync(const node_name& name) {
  if (const auto id = at(name).disk->fsync()) step(name, disk_written_input{id});
}

void scripted_shard::answer_register(const node_name& name) {
  auto& node = at(name);
  node.reads_waiting = false;
  for (const auto& change : std::exchange(node.changes, {}))
    if (change.wanted.epoch == registered.epoch + 1) registered = change.wanted;
  step(name, register_input{registered, true});
}

void scripted_shard::tell(const node_name& name, const shard_configuration& c, bool linearizable) {
  step(name, register_input{c, linearizable});
}

void scripted_shard::place(shard_placement wanted) {
  placement = std::move(wanted);
  for (auto& node : nodes_)
    if (node->run) step(node->name, placement_input{placement});
}

void scripted_shard::crash(const node_name& name) {
  auto& node = at(name);
  node.run.reset();
  node.disk->crash();
  node.changes.clear();
  node.installs.clear();
  node.reads_waiting = false;
}

void scripted_shard::restart(const node_name& name) {
  auto& node = at(name);
  node.boot = next_store_ * 1000 + static_cast<std::uint64_t>(now);
  node.applied.resize(node.flushed);
  node.leadership.clear();
  node.run = std::make_unique<replica>(
      node.as_member(), node.boot, node.disk->recovered(node.flushed), *node.disk, settings_, now);
  step(name, placement_input{placement});
}

void scripted_shard::lose_disk(const node_name& name) {
  auto& node = at(name);
  crash(name);
  node.disk = std::make_unique<scripted_disk>();
  node.store = 100 + next_store_++;
  node.flushed = 0;
}

void scripted_shard::release_messages() {
  hold_messages = false;
  under_way_.insert(under_way_.end(), held.begin(), held.end());
  held.clear();
  drain();
}

void scripted_shard::gather_checkpoint(const node_name& from, const node_name& to) {
  auto& source = at(from);
  auto& target = at(to);
  const auto index = on(from).commit_index();
  const auto entry_epoch = [&] {
    const auto at_index = source.disk->recovered(index);
    auto epoch = at_index.base_epoch;
    for (const auto& run : at_index.runs)
      if (run.first_index <= index) epoch = run.epoch;
    return epoch;
  }();
  const auto out = step(to, checkpoint_gathered_input{index, entry_epoch, from, now});
  if (!out.install) return;
  target.applied = {source.applied.begin(), source.applied.begin() + static_cast<long>(index)};
  target.flushed = index;
}

void scripted_shard::flush_and_cut(const node_name& name, std::uint64_t base_index) {
  auto& node = at(name);
  node.flushed = on(name).commit_index();
  node.disk->cut(base_index);
  step(name, state_flushed_input{node.flushed, base_index});
}

}  // namespace taskdriver::cluster::testing
