// A whole cluster in one thread: nodes, network, register and clients on one agenda.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/agenda.hpp"
#include "tests/simulation/events.hpp"
#include "tests/simulation/judge.hpp"
#include "tests/simulation/nemesis.hpp"
#include "tests/simulation/profile.hpp"
#include "tests/simulation/sim_network.hpp"
#include "tests/simulation/sim_node.hpp"
#include "tests/simulation/sim_register.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/workload.hpp"

namespace taskdriver::simulation {

/// What happened in a history, for statistics.
struct history_counts {
  std::uint64_t events = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t reads = 0;
  std::uint64_t crashes = 0;
  std::uint64_t lost_disks = 0;
  std::uint64_t configurations = 0;
  std::uint64_t takeovers = 0;
  std::uint64_t handovers = 0;
  std::uint64_t forces = 0;
  std::uint64_t superseded = 0;  // answers of a primary that had not heard of a force
  std::uint64_t installs = 0;
  std::uint64_t drops = 0;   // of what a shard left behind
  std::uint64_t grants = 0;  // of leases, at level queue
  std::uint64_t lists = 0;   // reads of the state, at level log
  // Where the state was behind what is committed:
  std::uint64_t late_services = 0;
  std::uint64_t late_checkpoints = 0;  // sent
  std::uint64_t late_installs = 0;
  std::uint64_t late_crashes = 0;
  std::int64_t gap_ms = 0;    // between two acknowledgements, in a scenario
  std::int64_t quiet_ms = 0;  // from the end of the faults until clients were satisfied

  void add(const history_counts& more);
};

struct history_outcome {
  std::string broken;  // "" if every promise was kept
  std::int64_t at_us = 0;
  std::uint64_t hash = 0;
  history_counts counts;
};

/// One history, from nothing to the judgement after all faults.
///
///   faults, clients ---faults_until---> kind world, clients ---satisfied---> replicas agree?
///   judged
///
/// Thread: one. Owns: everything in it. The same options give the same history.
class world {
public:
  explicit world(const history_options& options);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  history_outcome run();

  // For the parts of the world:
  std::int64_t now_us() const { return now_us_; }
  random_stream& random() { return random_; }
  const profile& rules() const { return profile_; }
  simulation::judge& judged() { return judge_; }
  simulation::trace& notes() { return trace_; }
  history_counts& counts() { return counts_; }
  bool trusts_cached_time() const { return trusts_cached_time_; }
  bool kind() const { return kind_; }

  void add(std::int64_t in_us, event what) { agenda_.add(now_us_ + in_us, std::move(what)); }
  std::vector<std::unique_ptr<sim_node>>& nodes() { return nodes_; }
  sim_node& node(node_index i) { return *nodes_[i]; }
  sim_node* node_named(const cluster::node_name& name);
  sim_network& network() { return network_; }
  sim_register& registered() { return register_; }
  /// The replica on a node that is up; null otherwise.
  shard_host* host(node_index i, shard_index shard);
  /// A node whose replica believes that it leads; any of several. Nothing if there is none.
  std::optional<node_index> leader(shard_index shard);

  // What replicas do:
  std::unique_ptr<shard_service> make_service(service_host& host);
  void send(sim_node& from, shard_index shard, cluster::outgoing_message m);
  void send_frame(sim_node& from, node_index to, shard_index shard, std::string bytes);
  void ask_register(sim_node& from, shard_index shard,
                    std::optional<cluster::shard_configuration> wanted);
  void write(sim_node& n, shard_index shard, sim_disk::operation what);
  void committed(const sim_node& n, shard_index shard, const cluster::entry& e);
  void applied(const sim_node& n, shard_index shard, std::uint64_t index);
  void installed(const sim_node& n, shard_index shard, std::uint64_t index);
  void dropped(const sim_node& n, shard_index shard);
  void leadership_changed(const sim_node& n, shard_index shard, bool ready);
  std::uint64_t keep_checkpoint(checkpoint at) {
    checkpoints_.push_back(std::move(at));
    return checkpoints_.size() - 1;
  }
  const checkpoint& kept_checkpoint(std::uint64_t key) const { return checkpoints_[key]; }
  /// A primary deals with a request.
  void takes_request(const sim_node& n, shard_index shard) const;
  /// A client is told that the entry is committed: it must be safe wherever it has to be (P1).
  void acknowledge(const sim_node& n, shard_index shard, std::uint64_t index, std::uint64_t epoch);
  /// A client is shown the state of `index`.
  void shown(const sim_node& n, shard_index shard, const floor_asked& asked, std::uint64_t index);
  bool in_a_primarys_log(shard_index shard, const cluster::entry& e, std::uint64_t epoch);

  // What the nemesis does:
  void crash(sim_node& n, std::int64_t down_us);
  void lose_disk(sim_node& n);
  void pause(sim_node& n, std::int64_t for_us);
  void hang_disk(sim_node& n) { ++n.disk_hangs; }
  void unhang_disk(sim_node& n);
  void start(sim_node& n);
  void wish(shard_index shard, cluster::shard_placement wanted);
  /// What an operator does when all else is lost, or seems to be (R36).
  void force(shard_index shard, const sim_node& survivor);
  /// From now to the end of the faults: the shard is not taken again and again.
  void expect_one_takeover() { takeovers_max_ = counts_.takeovers + 1; }
  /// The watch goes on where it can.
  void watch_all();

private:
  void begin();
  void dispatch(event& what);
  void at(at_node& what);
  void deal_with(sim_node& n, node_event& what);
  void take(sim_node& n, tick_due&);
  void take(sim_node& n, message_arrives& m);
  void take(sim_node& n, frame_arrives& f);
  void take(sim_node& n, disk_batch_done& d);
  void take(sim_node& n, register_answers& a);
  void take(sim_node& n, wish_arrives& w);
  void take(sim_node& n, request_arrives& r);
  void take(sim_node& n, const state_due& due);
  void at(at_register& what);
  void at(const node_starts& what);
  void at(const node_resumes& what);
  void answer_register(const at_register& asked, bool linearizable);
  void begin_batch(sim_node& n, bool flush);
  void watch(sim_node& n);
  void begin_line_if_forced(shard_index shard);
  void note_force_on_disk(sim_node& n) const;
  bool is_superseded(const sim_node& n, shard_index shard) const;
  bool too_few_in_sync(const sim_node& n, shard_index shard) const;
  bool is_of_line(shard_index shard, const shard_image& image);
  bool in_sync_disks_hold(shard_index shard, std::uint64_t index, std::uint64_t epoch);
  void measure_gap();
  void end_faults();
  void check_end();
  bool agreed();
  void trace_input(const sim_node& n, const node_event& what);

  history_options options_;
  profile profile_;
  random_stream random_;
  simulation::trace trace_;
  history_counts counts_;
  agenda<event> agenda_;
  std::int64_t now_us_ = 0;
  bool kind_ = false;
  bool done_ = false;
  std::int64_t acknowledged_at_us_ = 0;
  std::uint64_t takeovers_max_ = ~std::uint64_t{0};
  bool trusts_cached_time_ = false;
  std::optional<cluster::member> forced_;  // leads alone since a force
  bool forced_has_all_ = false;            // it was in sync: nothing is lost by that
  std::uint64_t forced_epoch_ = 0;         // of the newest force

  std::vector<checkpoint> checkpoints_;
  sim_network network_;
  sim_register register_;
  simulation::judge judge_;
  std::unique_ptr<workload> workload_;
  std::vector<std::unique_ptr<sim_node>> nodes_;
  nemesis nemesis_;
};

}  // namespace taskdriver::simulation
