// A node's part in its cluster, put together: register, network, replicas, placement.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/cluster_control.hpp"
#include "cluster/coordinator/coordinator.hpp"
#include "cluster/node/placement.hpp"
#include "cluster/node_requests.hpp"
#include "cluster/replica/replica.hpp"
#include "cluster/shard_replicas.hpp"
#include "cluster/transport/peer_network.hpp"
#include "storage/log_writer.hpp"
#include "storage/node_store.hpp"

namespace taskdriver::cluster {

struct cluster_node_options {
  std::string cluster;  // its name
  node_name node;       // of this node
  std::string data_dir;
  std::string version;          // of taskdriverd
  std::string cluster_address;  // HOST:PORT under which other nodes reach this one
  std::string http_address;     // HOST:PORT for clients, shown to people
  bool adopt = false;           // begin the cluster with what the directory holds (R37)
  placement_settings placement = {};
  replica_settings replica = {};
  storage::fsync_hook on_fsync = {};
  /// Asked while the first start waits for the register: true ends the waiting.
  std::function<bool()> give_up = [] { return false; };
  /// The node may not be part of the cluster any more (another process took its name, it was
  /// removed): must end the process. Called once, on a thread of the node.
  std::function<void(const error_info&)> on_fatal = {};
};

/// ```
///   etcd <-- coordinator <-- register_mirror --events--> replica_loop --> store, streams, actors
///                  ^               |                       ^   |
///                  |        placement_controller       frames  frames
///                  |               |                       |   v
///              membership          +--> wishes         peer_network <--> other nodes
/// ```
/// Thread: start, hand_over and the destructor one; the rest any.
/// Owns: everything between the store and the actors. Streams must be gone before it is.
/// Fails: start() with the reason, and nothing is left running.
class cluster_node {
public:
  using network_maker =
      std::function<result<std::unique_ptr<peer_network>>(const peer_identity&, peer_observer&)>;

  /// Joins the cluster. A node that never was a member waits for the register; one that was begins
  /// to work at once with the peers it remembers, and registers when it can (R32).
  static result<std::unique_ptr<cluster_node>> start(cluster_node_options options,
                                                     storage::node_store& store,
                                                     std::unique_ptr<coordinator> judge,
                                                     const network_maker& make_network,
                                                     const time_source& time);
  ~cluster_node();

  shard_replicas& replicas();
  node_requests& requests();
  cluster_control& control();
  domain::cluster_numbers numbers() const;

  /// Gives all shards away and leaves their in-sync sets, as long as others can take over; at most
  /// for `ms_max`. For a stop without failed requests.
  void hand_over(std::int64_t ms_max);

private:
  struct parts;
  explicit cluster_node(std::unique_ptr<parts> p);
  std::unique_ptr<parts> parts_;
};

}  // namespace taskdriver::cluster
