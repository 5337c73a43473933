// The replication protocol of one shard on one node, as a state machine without I/O, clock, thread
// or randomness. docs/replication.md explains it rule by rule.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "cluster/replica/configuration.hpp"
#include "cluster/replica/messages.hpp"

namespace taskdriver::cluster {

/// Times in ms of the node's own CLOCK_BOOTTIME.
struct replica_settings {
  std::int64_t lease_ms = 1000;  // from the send time of the acknowledged message (R25)
  std::int64_t grace_ms = 1500;  // a backup's silence before a take-over (R20)
  std::int64_t beacon_ms = 200;  // between messages to a peer that has nothing else to get
  std::int64_t change_repeat_ms = 300;
  std::int64_t handover_ms = 500;
  std::int64_t probe_fresh_ms = 500;
  std::int64_t mute_ms = 1000;  // no lease renewal, or no progress (R26, R29)
  std::uint64_t uncommitted_bytes_max = std::uint64_t{32} << 20;  // R22
  std::uint64_t unacked_bytes_max = std::uint64_t{4} << 20;       // sent to one peer, per shard
  std::uint64_t append_bytes_max = std::uint64_t{256} << 10;      // of one message, but ≥ 1 entry
  std::uint64_t learner_lag_max = 1000;  // entries behind at which a learner may join (R28)
  std::uint64_t kept_entries = 1000;     // applied ones that stay for whoever lags a little (R31)
  // Of the log's end that stay at most, an entry counting 64 more than its payload (R31): for
  // whoever lags a little, for a slow peer, for one that gets a checkpoint.
  std::uint64_t kept_bytes = std::uint64_t{64} << 20;
  std::uint64_t held_bytes_max = std::uint64_t{256} << 20;
  std::uint64_t checkpoint_held_bytes_max = std::uint64_t{1} << 30;
  std::int64_t handover_retry_ms = 5000;    // between hand-overs that placement wants
  std::int64_t checkpoint_retry_ms = 1000;  // between the end of a stream and the next one
  std::int64_t drop_after_ms = 600'000;     // that a shard is not needed here (R38)
};

/// A run of entries of one epoch, up to the next run's first index.
struct epoch_run {
  std::uint64_t first_index = 0;
  std::uint64_t epoch = 0;
  bool operator==(const epoch_run&) const = default;
};

/// What the disk has when the process starts (R4).
struct recovered_replica {
  std::uint64_t seen_epoch = 0;
  std::uint64_t base_index = 0;  // entries up to here were cut away
  std::uint64_t base_epoch = 0;
  std::uint64_t last_index = 0;
  std::uint64_t applied_index = 0;   // = commit after a restart
  std::vector<epoch_run> runs = {};  // of the entries after the base
  std::uint64_t log_bytes = 0;       // of their payloads
};

/// The shard's log as the shell has it: everything that steps before this one put out in
/// disk_writes, durable or not, and what was there at the start.
class log_source {
public:
  virtual ~log_source() = default;
  /// Entries first..last in order, stopping after `bytes_max` of payload but with at least one.
  /// Both are above the base and at most the last index.
  virtual std::vector<entry> read(std::uint64_t first, std::uint64_t last,
                                  std::uint64_t bytes_max) const = 0;
};

// --- inputs -------------------------------------------------------------------------------------

/// Payloads of new entries. Answered in outputs::proposed.
struct propose_input {
  std::vector<std::shared_ptr<const std::string>> payloads;
};
struct message_input {
  member from;
  replica_message message;
};
struct tick_input {};  // at least every 50 ms
/// A disk_write with this id, and all before it, are fsynced.
struct disk_written_input {
  std::uint64_t id = 0;
};
/// The state up to here is on disk too: a restart would begin there.
struct state_flushed_input {
  std::uint64_t index = 0;
  std::uint64_t base_index = 0;  // the log was cut up to here
};
/// What the register holds (absent: epoch 0). `linearizable`: an answer to a read, not a watch
/// event, which may be old (R10, R32).
struct register_input {
  shard_configuration registered;
  bool linearizable = false;
};
/// The wishes of the controller for this shard.
struct placement_input {
  shard_placement wanted;
};
/// Hand the shard over to `to`, or with an empty name to whoever has the most (drain, shutdown).
struct handover_input {
  node_name to;
};
/// A checkpoint of the committed state at (index, entry_epoch) was gathered aside, durably. If the
/// step asks for no install, it is of no use (any more) and may be thrown away.
struct checkpoint_gathered_input {
  std::uint64_t index = 0;
  std::uint64_t entry_epoch = 0;
  node_name from;
  std::int64_t begun_ms = 0;  // when the beginning of its stream arrived, on this node's clock
};
/// outputs::install is done: state, base and log are replaced on disk.
struct checkpoint_installed_input {};
/// The stream to `to` that outputs::checkpoint_to asked for is over, for good or bad.
struct checkpoint_sent_input {
  node_name to;
};

using replica_input =
    std::variant<propose_input, message_input, tick_input, disk_written_input, state_flushed_input,
                 register_input, placement_input, handover_input, checkpoint_gathered_input,
                 checkpoint_installed_input, checkpoint_sent_input>;

// --- outputs ------------------------------------------------------------------------------------

struct outgoing_message {
  node_name to;
  replica_message message;
};
/// One atomic, ordered disk write. Answered by disk_written_input; a failed disk ends the process.
struct disk_write {
  std::uint64_t id = 0;             // grows by one
  std::uint64_t seen_epoch = 0;     // 0 = not said
  std::uint64_t truncate_from = 0;  // 0 = not said; comes before the entries
  std::vector<entry> entries;
};
/// Put `wanted` in the place of the configuration of epoch wanted.epoch - 1. The replica asks again
/// until it knows (R11); its answer comes as a register_input.
struct register_change {
  shard_configuration wanted;
};
/// Replace state, base and log by the gathered checkpoint; with keep_suffix the entries above it
/// stay (R19). Until the answer no other input but ticks and the register matters. With `drops`
/// nothing was gathered: state, base and log go, only `seen` stays (R38).
struct checkpoint_install {
  std::uint64_t index = 0;
  std::uint64_t entry_epoch = 0;
  bool keep_suffix = false;
  bool drops = false;
};
enum class leadership_change {
  ready,  // leads and may serve: the tail of the past is committed
  ended,  // what was proposed and is not committed has an unknown outcome
};
struct proposal_outcome {
  bool accepted = false;          // all or none
  std::uint64_t first_index = 0;  // the payloads got this index and the following ones
};

/// What the shell must do, in the order of the members.
struct replica_outputs {
  std::optional<proposal_outcome> proposed;  // for a propose_input
  std::vector<disk_write> writes;
  std::uint64_t apply_up_to = 0;              // commit moved: apply, and answer; 0 = not said
  std::vector<leadership_change> leadership;  // after the apply, before anything is sent
  std::vector<outgoing_message> messages;
  bool read_register = false;  // linearizably
  std::optional<register_change> change;
  std::vector<node_name> checkpoint_to;  // stream the applied state there
  std::optional<checkpoint_install> install;
  std::uint64_t hold_log_from = 0;  // entries from here on should not be cut; 0 = not said
};

// --- the state machine --------------------------------------------------------------------------

enum class replica_role { backup, learner, taking_over, primary };

/// For tdctl and metrics.
struct replica_status {
  replica_role role = replica_role::learner;
  bool serving = false;
  shard_configuration configuration;
  std::uint64_t seen_epoch = 0, last_index = 0, durable_index = 0, commit_index = 0;
  struct peer {
    node_name node;
    std::uint64_t match_index = 0;
    std::int64_t silent_ms = 0;  // since its last acknowledged message was sent
    bool in_sync = false;
  };
  std::vector<peer> peers;  // of a primary
};

class replica_core;

/// One shard's replica.
///
///                 grace is over, probes answered, compare-and-swap won
///    backup ------------------------------------------------------------> primary (not ready)
///     ^  ^                                                                   | tail committed
///     |  | caught up, compare-and-swap by the primary                        v
///     |  +--- learner                                                     serving
///     +-------------------------------------------------------------------- +
///              another primary registered, or hand-over
///
/// Deterministic: the same inputs give the same outputs.
/// Thread: one owner. Owns: no payloads; those are with the shell.
/// Fails: never; a broken invariant aborts (TASKDRIVER_CHECK).
class replica {
public:
  /// `boot` is random, and of this replica alone. `log` must outlive it.
  replica(member self, std::uint64_t boot, const recovered_replica& at, const log_source& log,
          const replica_settings& settings, std::int64_t now_ms);
  ~replica();
  replica(replica&&) noexcept;
  replica& operator=(replica&&) noexcept;

  /// `now_ms` is read after the input was taken from its queue (R6).
  replica_outputs step(std::int64_t now_ms, const replica_input& input);

  /// Reads and writes may be served before this time if it is still ahead when a request was
  /// dequeued (R25); 0 while not serving.
  std::int64_t serving_until_ms() const;
  replica_status status(std::int64_t now_ms) const;
  const shard_configuration& configuration() const;
  std::uint64_t commit_index() const;
  std::uint64_t last_index() const;
  bool leads() const;

private:
  std::unique_ptr<replica_core> core_;
};

}  // namespace taskdriver::cluster
