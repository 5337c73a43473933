// The loss of all in-sync stores of a shard, real or not, and the operator who forces what is left
// (R36).
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

// --- while the others run -----------------------------------------------------------------------

/// One node, or two that see each other, are away for long enough to be dropped. One of them is
/// forced while they still are, or catch up; or it is any node, without a reason.
void nemesis::part_of_them_falls_behind() {
  auto& random = world_.random();
  const auto nodes = world_.rules().nodes;
  const auto who = any_node();
  const auto mate = nodes > 3 && random.one_in(2) ? any_other(who) : who;
  note_fault("falls behind with", who, mate);
  const auto for_us = ms(1200, 3000);
  if (!random.one_in(4)) {
    const auto cut_us = for_us + (random.one_in(2) ? ms(0, 3000) : 0);
    for (node_index peer = 0; peer < nodes; ++peer) {
      if (peer == who || peer == mate) continue;
      cut_both(who, peer, cut_us);
      if (mate != who) cut_both(mate, peer, cut_us);
    }
  }
  later(for_us + ms(-100, 400), forced_anyway, who, mate);
}

void nemesis::force_anyway(node_index survivor, node_index mate) {
  auto& left = world_.node(survivor);
  const bool seen = left.up && world_.registered().away == 0;
  if (!seen) return later(ms(50, 200), forced_anyway, survivor, mate);
  if (left.disk.image(0).last_index() == 0) return;
  note_fault("forced while others run", survivor, mate);
  disturb_the_old_line(survivor, mate);
  world_.force(0, left);
  // Before what it heard of that is on its disk.
  if (world_.random().one_in(4)) world_.crash(left, ms(5, 300));
}

/// Whoever served so far goes on, or comes back with all it had.
void nemesis::disturb_the_old_line(node_index survivor, node_index mate) {
  auto& random = world_.random();
  const auto primary = world_.node_named(world_.registered().configuration(0).primary)->index;
  const auto for_us = ms(300, 5000);
  switch (random.below(6)) {
    case 0:  // it cannot hear of it
      return cut_both(primary, world_.network().register_end(), for_us);
    case 1:  // nobody of them can: the old line is an island
    case 2:
      return make_island(survivor, mate, for_us);
    case 3:
      return world_.pause(world_.node(primary), ms(500, 4500));
    case 4:
      return world_.crash(world_.node(primary), ms(20, 3000));
    default:
      return;
  }
}

/// All but these two see only each other; for a part of the time, if one is lucky.
void nemesis::make_island(node_index survivor, node_index mate, std::int64_t for_us) {
  const auto links_us = world_.random().one_in(2) ? for_us : for_us / 2;
  for (node_index n = 0; n < world_.rules().nodes; ++n) {
    if (n == survivor || n == mate) continue;
    cut_both(n, world_.network().register_end(), for_us);
    cut_both(n, survivor, links_us);
    if (mate != survivor) cut_both(n, mate, links_us);
  }
}

}  // namespace taskdriver::simulation
