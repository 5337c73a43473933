// The one thread that steps the replicas of all shards of this node and carries out what they say.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "cluster/applier.hpp"
#include "cluster/node/doorbell.hpp"
#include "cluster/node/hosted_shard.hpp"
#include "cluster/replica/replica.hpp"
#include "cluster/replica/replica_codec.hpp"
#include "cluster/shard_replicas.hpp"
#include "cluster/transport/peer_network.hpp"
#include "storage/log_writer.hpp"
#include "storage/node_store.hpp"

namespace taskdriver::cluster {

/// Where replicas read and change their configuration. Thread: the loop; must not block. Answers
/// come back through replica_loop::post().
class shard_register {
public:
  virtual ~shard_register() = default;
  virtual void read(shard_id shard) = 0;
  virtual void change(shard_id shard, const shard_configuration& wanted) = 0;
};

/// Moves checkpoints between nodes, on threads of its own. Thread: the loop; must not block.
class checkpoint_carrier {
public:
  virtual ~checkpoint_carrier() = default;
  /// Streams the applied state; checkpoint_sent_input at the end.
  virtual void send(shard_id shard, const node_name& to) = 0;
  /// Puts the gathered checkpoint into the store, or drops the shard from it (R38);
  /// checkpoint_installed_input at the end.
  virtual void install(shard_id shard, const checkpoint_install& what) = 0;
  /// What was gathered is of no use any more.
  virtual void forget(shard_id shard) = 0;
};

/// Writes up to this ticket are fsynced, or refused by a full disk.
struct writes_reported {
  std::uint64_t ticket = 0;
  bool refused = false;
};
/// The actors were told that the shard is served here.
struct service_begun {
  std::uint64_t service = 0;
};
/// A checkpoint could not be put in place, and nothing was changed.
struct install_failed {};
struct shard_event {
  shard_id shard{};
  std::variant<replica_input, writes_reported, service_begun, install_failed> what;
};

/// A replica as the rest of the node sees it.
struct hosted_status {
  shard_id shard{};
  replica_status replica;
  std::uint64_t applied_index = 0;
};

/// All that waits is taken at once: events first, then the proposals of each shard as one step,
/// then the ticks if they are due. What all shards have to say to one peer goes out in one frame.
///
///   proposals (actors) --.                     .--> log_writer --fsynced--> event
///   frames (network) -----+--> [inbox] --> step +--> applier (thread), streams --> actors
///   register, timers ----'                     '--> one frame per peer
///
/// Thread: its own; public methods any. Nothing it does waits: not for the disk, the network or the
/// register. Owns: the replicas, the log writer, the applier.
/// Fails: a disk that fails ends the process (store_options::on_fatal).
class replica_loop final : private storage::log_observer {
public:
  struct surroundings {
    storage::node_store& store;
    const time_source& time;
    member self;
    replica_settings settings = {};
    storage::fsync_hook on_fsync = {};
  };
  explicit replica_loop(const surroundings& around);
  ~replica_loop() override;

  /// Begins to work; all three must outlive stop().
  void start(peer_network& network, shard_register& configurations, checkpoint_carrier& carrier);
  /// Ends the thread and hears no more of the disk; streams stay as they are.
  void stop();

  void post(shard_event event);
  void post(std::vector<shard_event> events);
  /// There is something to take from shard.streams.
  void proposed(hosted_shard& shard);
  void observe(std::shared_ptr<leadership_observer> observer);

  hosted_shard& shard(shard_id id) { return *shards_[raw(id)]; }
  const hosted_shard& shard(shard_id id) const { return *shards_[raw(id)]; }
  std::uint16_t shard_count() const { return static_cast<std::uint16_t>(shards_.size()); }
  const storage::log_writer& writer() const { return *writer_; }
  /// What is committed of any shard is applied without waiting for more. Thread: any.
  void hasten() { applier_->hasten(); }
  /// The store cannot keep up with what is committed, and much waits for that. Thread: any.
  bool crowded() const;
  /// Times that a shard began to be served here, since the start.
  std::uint64_t services() const { return services_; }
  /// As of half a second ago at most.
  std::vector<hosted_status> statuses() const;

private:
  void run();
  bool has_work() const;
  void take_events();
  void handle(hosted_shard& s, const replica_input& input);
  void handle(hosted_shard& s, const writes_reported& report);
  void handle(hosted_shard& s, const service_begun& begun);
  void handle(hosted_shard& s, const install_failed&);
  void take_proposals(hosted_shard& s);
  bool gathers(const hosted_shard& s) const;
  void wait_with_proposals(hosted_shard& s);
  void tick();
  void tick(hosted_shard& s);
  void hand_over_from_full_disk(hosted_shard& s);
  void note_statuses();

  void make_replica(hosted_shard& s, const storage::shard_position& at);
  void carry_out(hosted_shard& s, replica_outputs out);
  bool write(hosted_shard& s, disk_write& w);
  void apply(hosted_shard& s, std::uint64_t up_to);
  void fall_out(hosted_shard& s);
  void come_back(hosted_shard& s);
  static void log_drop(const hosted_shard& s);
  void await_quiet(hosted_shard& s, std::optional<checkpoint_install> install);
  void install_when_quiet(hosted_shard& s);
  void installed(hosted_shard& s);
  void begin_service(hosted_shard& s);
  void end_service(hosted_shard& s);
  void refuse_proposals(hosted_shard& s);
  void publish(hosted_shard& s);
  void send_all();
  void send_frames(const node_name& to, const std::vector<shard_message>& messages);
  std::int64_t now_ms() const { return around_.time.now().steady_ms; }

  void durable(std::span<storage::log_entry>) override {}
  void marked(std::span<const storage::log_mark> marks) override;
  void refused(std::span<const storage::log_entry>, const error_info&) override {}
  void refused_marks(std::span<const storage::log_mark> marks, const error_info& why) override;
  void report(std::span<const storage::log_mark> marks, bool refused);

  surroundings around_;
  peer_network* network_ = nullptr;
  shard_register* configurations_ = nullptr;
  checkpoint_carrier* carrier_ = nullptr;
  std::vector<std::unique_ptr<hosted_shard>> shards_;

  doorbell bell_;
  std::mutex inbox_mutex_;
  std::vector<shard_event> inbox_;
  std::atomic<bool> inbox_full_ = false;
  std::atomic<bool> proposals_ = false;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> held_back_ = false;  // proposals wait for the applier, which is to ring
  std::atomic<std::uint64_t> services_ = 0;

  // Of the loop's thread.
  std::vector<shard_event> taken_;
  std::map<node_name, std::vector<shard_message>> outbox_;
  std::int64_t next_tick_ms_ = 0;
  std::uint64_t ticks_ = 0;
  bool waiting_proposals_ = false;
  std::set<node_name> names_;  // never shrinks: hosted_shard::primary points into it

  // Of the applier's thread.
  std::shared_ptr<leadership_observer> observer_;
  std::vector<bool> told_begun_;

  mutable std::mutex status_mutex_;
  std::vector<hosted_status> statuses_;

  std::unique_ptr<applier> applier_;
  std::unique_ptr<storage::log_writer> writer_;
  std::thread thread_;
};

}  // namespace taskdriver::cluster
