// The lanes that are up, by node: what send() looks at.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "cluster/transport/outbox.hpp"

namespace taskdriver::cluster {

struct lane_end {
  std::shared_ptr<outbox> out;
  std::int64_t connection = -1;
};
using lane_ends = std::array<lane_end, 2>;

/// Thread: any; the io thread adds and removes.
class peer_directory {
public:
  void add(const node_name& node, const lane_ends& lanes) {
    const std::lock_guard held(lock_);
    lanes_[node] = lanes;
  }
  void remove(const node_name& node) {
    const std::lock_guard held(lock_);
    lanes_.erase(node);
  }
  bool has(const node_name& node) const {
    const std::lock_guard held(lock_);
    return lanes_.contains(node);
  }
  /// out is null if the node is not connected.
  lane_end find(const node_name& node, peer_lane lane) const {
    const std::lock_guard held(lock_);
    const auto found = lanes_.find(node);
    if (found == lanes_.end()) return {};
    return found->second[static_cast<std::size_t>(lane)];
  }

private:
  mutable std::mutex lock_;
  std::map<node_name, lane_ends> lanes_;
};

}  // namespace taskdriver::cluster
