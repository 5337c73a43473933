// What nodes tell each other of their replicas every two seconds, for whoever looks at the cluster.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cluster/node/replica_loop.hpp"

namespace taskdriver::cluster {

/// One replica. Match indexes are those that a primary knows of its peers.
struct replica_report {
  shard_id shard{};
  replica_role role = replica_role::learner;
  bool serving = false;
  std::uint64_t epoch = 0;
  std::uint64_t last_index = 0, durable_index = 0, commit_index = 0, applied_index = 0;

  bool operator==(const replica_report&) const = default;
};

struct node_report {
  /// The node is about to stop: it wants to lead nothing and to be waited for by nobody.
  bool leaving = false;
  std::vector<replica_report> replicas = {};

  bool operator==(const node_report&) const = default;
};

///   frame   = kind(6) version(1) leaving(u8) count(varint) replica*
///   replica = shard(u16) role(u8) serving(u8) epoch last durable commit applied (varint each)
std::string encode_node_report(const node_report& report);
/// Fails: validation (malformed, unknown version).
result<node_report> decode_node_report(std::string_view bytes);

replica_report report_of(const hosted_status& status);

}  // namespace taskdriver::cluster
