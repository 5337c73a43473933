// The shell of one simulated replica: carries out what the state machine puts out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "cluster/replica/replica.hpp"
#include "tests/simulation/checkpoint_streams.hpp"
#include "tests/simulation/events.hpp"
#include "tests/simulation/judge.hpp"
#include "tests/simulation/shard_service.hpp"
#include "tests/simulation/sim_disk.hpp"
#include "tests/simulation/state_backlog.hpp"

namespace taskdriver::simulation {

class world;
struct sim_node;

/// One life of one replica, from the start of its node to the crash.
///
/// As in a real node, what is committed is told at once and reaches the state later:
///
///   step --commit--> [backlog] --state_due--> state --flush--> disk; the log is cut below that
///           `--> answers                        `--> lists; the begin of a service; installations
///
/// Thread: one. Owns: the log and the state as the process has them in memory.
class shard_host final : public service_host, private cluster::log_source {
public:
  shard_host(world& w, sim_node& n, shard_index shard);
  ~shard_host();
  shard_host(const shard_host&) = delete;
  shard_host& operator=(const shard_host&) = delete;

  void step(const cluster::replica_input& input);
  void request(const client_request& r);
  void frame(const frame_arrives& f);
  void disk_done(sim_disk::operation& what);
  void tick();
  void state_has_time(const state_due& due);

  const cluster::replica& machine() const { return *machine_; }
  cluster::replica_status status() const { return machine_->status(now_ms()); }
  bool serves() const { return serving_ && machine_->serving_until_ms() > now_ms(); }
  checkpoint applied_state() const;
  const shard_service& service() const { return *service_; }
  judge::state_of base() const { return {base_index_, base_epoch_}; }
  const std::vector<cluster::entry>& log() const { return log_; }

  std::optional<std::uint64_t> propose(std::vector<payload_ptr> payloads) override;
  bool may_answer() const override { return serves(); }
  std::int64_t now_ms() const override;
  std::int64_t wall_ms() const override;
  std::uint64_t committed_index() const override { return committed_; }
  std::uint64_t applied_index() const override { return applied_; }
  void hasten() override { backlog_.hasten(); }
  node_index node() const override;
  shard_index shard() const override { return shard_; }

private:
  std::vector<cluster::entry> read(std::uint64_t first, std::uint64_t last,
                                   std::uint64_t bytes_max) const override;
  void recover();
  void carry_out(cluster::replica_outputs out);
  void write(cluster::disk_write w);
  void commit(std::uint64_t up_to);
  void apply(const std::vector<cluster::entry>& batch);
  void tell_applied();
  void begin_service_if_due();
  checkpoint state_to_send() const;
  void lead(cluster::leadership_change change);
  void install(const cluster::checkpoint_install& what);
  void install_when_quiet();
  void installed(const install_state& done);
  void flushed(const flush_state& done);
  void flush_if_due();
  std::uint64_t epoch_at(std::uint64_t index) const;
  std::uint64_t last_index() const { return base_index_ + log_.size(); }

  world& world_;
  sim_node& node_;
  shard_index shard_;

  std::uint64_t base_index_ = 0;
  std::uint64_t base_epoch_ = 0;
  std::vector<cluster::entry> log_;
  std::uint64_t committed_ = 0;  // as the replica has it: its applied index
  std::uint64_t applied_ = 0;    // of the state
  std::uint64_t told_ = 0;       // the service knows that the state has this
  std::uint64_t flushed_ = 0;
  std::uint64_t committed_at_flush_ = 0;  // when the newest one began
  std::uint64_t installs_ = 0;
  std::uint64_t hold_from_ = 0;
  std::int64_t next_flush_ms_ = 0;
  bool flushing_ = false;
  std::optional<install_state> install_;  // asked for, and not begun
  bool installing_ = false;               // begun, and not done

  std::optional<cluster::proposal_outcome> proposed_;
  bool ended_in_step_ = false;
  std::optional<std::uint64_t> serves_from_;  // ready, once the service knows of that much state
  bool serving_ = false;                      // and the service knows
  state_backlog backlog_;
  checkpoint_streams streams_;
  std::unique_ptr<shard_service> service_;
  std::unique_ptr<cluster::replica> machine_;
};

}  // namespace taskdriver::simulation
