// The loss of all in-sync stores of a shard, and the operator who forces what is left (R36).
#include "tests/simulation/nemesis.hpp"
#include "tests/simulation/world.hpp"

namespace taskdriver::simulation {

/// A node is away for long enough to be dropped. What it has by then is what will be left.
void nemesis::fall_behind() {
  const auto who = any_node();
  note_fault("falls behind", who);
  const auto for_us = ms(1200, 2500);
  if (world_.random().one_in(2)) {
    world_.crash(world_.node(who), for_us);
  } else {
    for (node_index peer = 0; peer < world_.rules().nodes; ++peer)
      if (peer != who) cut_both(who, peer, for_us);
  }
  later(for_us - ms(0, 100), all_are_lost, who);
}

/// All others are down at the moment of the force; some have lost their disks, and some come back
/// with all they had. It may hit a node that is still in sync: then nothing is lost.
void nemesis::lose_all_but(node_index survivor) {
  const auto& left = world_.node(survivor);
  if (left.disk.image(0).last_index() == 0) return;
  if (world_.registered().away > 0) return later(ms(50, 200), all_are_lost, survivor);
  note_fault("all but one are lost", survivor);
  for (auto& n : world_.nodes()) {
    if (n->index == survivor) continue;
    world_.crash(*n, ms(300, 3000));
    if (!world_.random().one_in(2)) continue;
    lost_store_ = n->store;
    lost_at_us_ = world_.now_us();
    world_.lose_disk(*n);
  }
  world_.force(0, left);
}

}  // namespace taskdriver::simulation
