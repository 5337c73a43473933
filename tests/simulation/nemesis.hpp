// Whoever wishes the cluster ill: draws faults, and strikes at the worst moments.
#pragma once

#include <cstdint>
#include <optional>

#include "cluster/replica/configuration.hpp"
#include "tests/simulation/events.hpp"
#include "tests/simulation/profile.hpp"

namespace taskdriver::simulation {

class world;
struct sim_node;

/// Random faults, each for a random time, and three patterns that random faults hardly ever make:
///
///  - isolated primary: the old primary is cut off at the very moment another one is registered, or
///    as the other's compare-and-swap leaves;
///  - returning primary: it was cut off and replaced; while the register is away, all others
///    restart just as it returns;
///  - slow register and cut: the register answers late while one direction to the primary is cut;
///
/// and the one loss that no rule survives without an operator: all but one node go down at once,
/// some of them for good, and the one that is left is forced to lead. The same force also comes
/// while the others run, with a primary that may be cut off from whoever knows of it.
///
/// Thread: one.
class nemesis {
public:
  explicit nemesis(world& w) : world_(w) {}

  void begin();
  void act();
  void end(const fault_ends& what);
  void stop() { stopped_ = true; }

  /// The moments it waits for.
  void takeover_begins(shard_index shard);
  void configuration_changed(shard_index shard, const cluster::shard_configuration& before);

  cluster::shard_placement first_wish() const;

private:
  /// What fault_ends names: what is put back, or comes next.
  enum undo : std::uint32_t {
    mend_link,
    disk_as_before,
    disk_goes_on,
    register_back,
    register_fast,
    primary_back,
    falls_behind,
    all_are_lost,
    part_falls_behind,
    forced_anyway,
    shard_moves,
    learner_returns
  };

  bool may(fault_kind kind) const;
  void note_fault(const char* what, node_index a, node_index b = 0);
  node_index any_node();
  node_index any_other(node_index than);
  std::int64_t ms(std::int64_t low, std::int64_t high);
  void later(std::int64_t in_us, std::uint32_t what, node_index a = 0, node_index b = 0);
  void strike(scenario what);
  void cut_primary_beside(node_index learner);
  void do_fault(fault_kind kind);
  void do_directed(fault_kind kind);

  void cut(node_index from, node_index to, std::int64_t for_us);
  void cut_both(node_index a, node_index b, std::int64_t for_us);
  /// Into, out of, or both; from its peers, and now and then from the register.
  void isolate(node_index who, std::int64_t for_us);
  void cut_some();
  void cut_one_way();
  void register_goes(std::int64_t for_us);
  void register_slows(std::int64_t most_us, std::int64_t for_us);
  void lose_disk();
  bool may_lose_disk(const sim_node& n) const;
  void restart_all();
  void hand_over();
  void place();
  void return_of_the_primary();
  void primary_returns(node_index primary);
  void slow_register_and_cut();
  void fall_behind();
  void lose_all_but(node_index survivor);
  void part_of_them_falls_behind();
  void force_anyway(node_index survivor, node_index mate);
  void disturb_the_old_line(node_index survivor, node_index mate);
  void make_island(node_index survivor, node_index mate, std::int64_t for_us);

  world& world_;
  bool stopped_ = false;
  std::uint64_t lost_store_ = 0;
  std::int64_t lost_at_us_ = 0;
};

}  // namespace taskdriver::simulation
