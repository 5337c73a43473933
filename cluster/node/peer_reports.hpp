// What this node last heard of its peers, and what follows from a peer that is about to stop.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string_view>

#include "cluster/node/node_report.hpp"

namespace taskdriver::cluster {

struct heard_report {
  node_report report;
  std::int64_t at_ms = 0;
};

/// Thread: any. Owns: the newest report of each peer.
class peer_reports {
public:
  /// True if it changed who is leaving.
  bool take(const node_name& from, std::string_view frame, std::int64_t now_ms);
  /// The same for this node itself.
  bool leave(const node_name& self);
  /// A peer that went away is no longer leaving; its report stays, and gets old.
  bool disconnected(const node_name& peer);

  std::map<node_name, heard_report> all() const;
  /// The wishes without what leaving nodes do not want any more: they hold no replica that anybody
  /// must wait for, and lead nothing. Unchanged if nobody would be left.
  shard_placement without_leaving(shard_placement wanted) const;

private:
  mutable std::mutex mutex_;
  std::map<node_name, heard_report> reports_;
  std::set<node_name> leaving_;
};

}  // namespace taskdriver::cluster
