// The links between simulated nodes and the register: which are cut, and how long things take.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "tests/simulation/events.hpp"
#include "tests/simulation/profile.hpp"
#include "tests/simulation/random_stream.hpp"

namespace taskdriver::simulation {

inline constexpr std::uint32_t nodes_max = 5;

/// Every direction is a link of its own. Cuts are counted: a link is open again when every fault
/// that cut it is over.
///
/// Thread: one.
class sim_network {
public:
  sim_network(const profile& p, random_stream& random) : profile_(p), random_(random) {}

  node_index register_end() const { return nodes_max; }
  bool open(node_index from, node_index to) const { return links_[from][to].cuts == 0; }
  void cut(node_index from, node_index to) { ++links_[from][to].cuts; }
  void mend(node_index from, node_index to) { --links_[from][to].cuts; }
  void mend_all();

  /// How often a message that is sent now arrives: 0, 1 or 2 times.
  int copies(node_index from, node_index to);
  /// When it does. Most keep their order; some overtake, some are very late.
  std::int64_t arrival(node_index from, node_index to, std::int64_t now_us);
  /// On a connection: always in order.
  std::int64_t ordered_arrival(node_index from, node_index to, std::int64_t now_us);

  /// The bulk connection of a pair of nodes, as a number that changes when it breaks.
  std::uint32_t connection(node_index a, node_index b) const {
    return connections_[std::min(a, b)][std::max(a, b)];
  }
  void disconnect(node_index a, node_index b) { ++connections_[std::min(a, b)][std::max(a, b)]; }

private:
  struct link {
    int cuts = 0;
    std::int64_t last_us = 0;
    std::int64_t last_ordered_us = 0;
  };
  const profile& profile_;
  random_stream& random_;
  std::array<std::array<link, nodes_max + 1>, nodes_max + 1> links_{};
  std::array<std::array<std::uint32_t, nodes_max>, nodes_max> connections_{};
};

}  // namespace taskdriver::simulation
