// From options to a node of a cluster: etcd, the network between nodes, and the node itself.
#pragma once

#include <functional>
#include <memory>

#include "base/result.hpp"
#include "cluster/coordinator/managed_etcd.hpp"
#include "cluster/node/cluster_node.hpp"
#include "storage/node_store.hpp"
#include "tools/taskdriverd/options.hpp"

namespace taskdriver::server {

/// What makes this process a node of a cluster. Members end in reverse order.
struct cluster_setup {
  std::unique_ptr<cluster::managed_etcd> etcd;  // null: somebody else's
  std::unique_ptr<cluster::cluster_node> node;
};

/// Starts etcd if it is managed, then joins the cluster. Fails: with a text that says which option
/// is wrong, or as cluster_node::start().
result<cluster_setup> start_cluster(const server_options& options, storage::node_store& store,
                                    storage::fsync_hook on_fsync);

}  // namespace taskdriver::server
