// A shard of a few replicas in one thread, with disks, messages and a register that the test moves.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/replica/replica.hpp"

namespace taskdriver::cluster::testing {

/// A log with an explicit fsync: what was written since the last one is lost in a crash.
class scripted_disk final : public log_source {
public:
  std::vector<entry> read(std::uint64_t first, std::uint64_t last,
                          std::uint64_t bytes_max) const override;
  void write(const disk_write& w) { waiting_.push_back(w); }
  /// Makes the oldest `count` waiting writes durable; returns the id of the last one, 0 if none.
  std::uint64_t fsync(std::size_t count = SIZE_MAX);
  bool idle() const { return waiting_.empty(); }
  void install(const checkpoint_install& what);
  void cut(std::uint64_t index);
  void crash() { waiting_.clear(); }
  recovered_replica recovered(std::uint64_t applied) const;
  std::uint64_t seen() const { return durable_.seen; }

private:
  struct contents {
    std::uint64_t seen = 0;
    std::uint64_t base_index = 0;
    std::uint64_t base_epoch = 0;
    std::map<std::uint64_t, entry> entries = {};
  };
  static void put(contents& to, const disk_write& w);

  contents durable_;
  std::deque<disk_write> waiting_;
};

/// One node: its replica, its disk, and what the shell of the product would do.
struct scripted_node {
  node_name name;
  std::uint64_t store = 0;
  std::uint64_t boot = 0;
  std::unique_ptr<scripted_disk> disk;
  std::unique_ptr<replica> run;  // null while it is down
  std::uint64_t flushed = 0;     // applied index that a restart begins at
  std::vector<std::string> applied = {};
  std::vector<std::string> proposed = {};
  std::vector<leadership_change> leadership = {};
  std::vector<register_change> changes = {};  // asked of the register, oldest first
  std::vector<node_name> checkpoints = {};    // asked for
  std::vector<checkpoint_install> installs = {};
  bool disk_stuck = false;
  bool cut_off = false;  // sends and hears nothing
  bool register_away = false;
  bool reads_waiting = false;

  member as_member() const { return {name, store}; }
};

struct scripted_message {
  member from;
  node_name to;
  replica_message message;
};

/// N nodes "a", "b", "c", … with stores 1, 2, 3, … By default everything arrives at once; a test
/// takes over a part of it: a stuck disk, a node cut off, `hold_messages`, `register_away`.
class scripted_shard {
public:
  explicit scripted_shard(std::size_t nodes, std::uint32_t min_in_sync = 2,
                          replica_settings settings = {});

  scripted_node& at(const node_name& name);
  replica& on(const node_name& name);
  /// Registers {epoch 1, primary, all in sync}, and runs until the first node serves.
  void start();

  /// One input to one node, and what follows from it at once (register, disk, messages).
  replica_outputs step(const node_name& name, const replica_input& input);
  replica_outputs deliver(const node_name& from, const node_name& to, replica_message message);
  /// Time goes on in steps of 50 ms, with a tick for every node that runs.
  void run_for(std::int64_t ms);
  /// Until `done`, at most `ms`; whether it came true.
  template <class Done>
  bool run_until(Done done, std::int64_t ms = 10'000) {
    for (const auto end = now + ms; !done() && now < end;) run_for(50);
    return done();
  }
  bool propose(const node_name& name, const std::string& payload);
  bool serves(const node_name& name) { return at(name).run && on(name).serving_until_ms() > now; }
  /// The node that serves; empty if none does.
  node_name serving();

  void crash(const node_name& name);
  void restart(const node_name& name);
  void lose_disk(const node_name& name);
  /// Delivers what was held, in order.
  void release_messages();
  void fsync(const node_name& name);
  void answer_register(const node_name& name);
  void place(shard_placement wanted);
  /// A register's answer to one node.
  void tell(const node_name& name, const shard_configuration& c, bool linearizable);
  /// The state that a stream of the primary's would bring.
  void gather_checkpoint(const node_name& from, const node_name& to);
  void flush_and_cut(const node_name& name, std::uint64_t base_index);

  std::int64_t now = 1'000'000;
  shard_configuration registered;
  shard_placement placement;
  bool hold_messages = false;
  std::deque<scripted_message> held;
  std::vector<scripted_message> sent;  // all that was ever sent, for a test to look at

private:
  void carry_out(scripted_node& node, const replica_outputs& out);
  void apply(scripted_node& node, std::uint64_t up_to);
  void drain();

  replica_settings settings_;
  std::vector<std::unique_ptr<scripted_node>> nodes_;
  std::deque<scripted_message> under_way_;
  std::uint64_t next_store_ = 1;
  bool draining_ = false;
};

}  // namespace taskdriver::cluster::testing
