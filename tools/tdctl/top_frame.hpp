// One frame of tdctl top: from two readings of all nodes' metrics to a screen of text.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/tdctl/console.hpp"
#include "tools/tdctl/metrics_text.hpp"

namespace taskdriver::tdctl {

struct node_reading {
  std::string name;
  std::string state;     // as the cluster tells: up, draining, gone; empty on a single node
  std::string led = "";  // shards that it leads; empty on a single node
  bool reached = false;  // whether its metrics could be read
  metrics_text metrics = {};
};

/// What one round of requests brought.
struct top_reading {
  double at_s = 0;         // on a steady clock
  nlohmann::json cluster;  // of GET /api/cluster; null on a single node
  std::vector<node_reading> nodes;
};

/// Rates are of the time between the two. A node that was not reached both times has none.
void print_frame(const top_reading& before, const top_reading& now, std::size_t projects_max,
                 const console& to);

}  // namespace taskdriver::tdctl
