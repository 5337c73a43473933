// What is committed on a simulated replica and not in its state yet, as cluster::applier has it.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "cluster/replica/replica.hpp"
#include "tests/simulation/events.hpp"

namespace taskdriver::simulation {

class world;
struct sim_node;

/// Entries gather and reach the state in batches, each at its appointment: some time after its
/// first entry, soon if somebody waits for it or they are many, late if the store stalls.
///
///   add --> [entries] --state_due--> take --> the state
///
/// Thread: one. Owns: copies of the entries; what becomes of the log meanwhile is no matter here.
class state_backlog {
public:
  state_backlog(world& w, const sim_node& n, shard_index shard)
      : world_(w), node_(n), shard_(shard) {}

  void add(const cluster::entry& e) { entries_.push_back(e); }
  /// Makes an appointment for what was added, unless there is one.
  void gather();
  /// Somebody waits for what is there.
  void hasten();
  /// The batch of this appointment, with another one for what is left; nothing if it was moved.
  std::vector<cluster::entry> take(std::uint64_t appointment);
  std::vector<cluster::entry> take_all();
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

private:
  void appoint(std::int64_t in_us);
  std::int64_t soon_us();

  world& world_;
  const sim_node& node_;
  shard_index shard_;
  std::deque<cluster::entry> entries_;
  std::uint64_t appointment_ = 0;  // the newest; earlier ones come to nothing
  bool appointed_ = false;
  bool hastened_ = false;
};

}  // namespace taskdriver::simulation
