// Makes the parts, joins the cluster, and takes everything apart in the right order.
#include "cluster/node/cluster_node.hpp"

#include <utility>

#include "cluster/node/cluster_parts.hpp"

namespace taskdriver::cluster {

cluster_node::cluster_node(std::unique_ptr<parts> p) : parts_(std::move(p)) {}

cluster_node::~cluster_node() = default;

result<std::unique_ptr<cluster_node>> cluster_node::start(cluster_node_options options,
                                                          storage::node_store& store,
                                                          std::unique_ptr<coordinator> judge,
                                                          const network_maker& make_network,
                                                          const time_source& time) {
  auto all = std::make_unique<parts>(std::move(options), store, std::move(judge), time);
  if (auto started = all->start(make_network); !started) return started.error();
  return std::unique_ptr<cluster_node>(new cluster_node(std::move(all)));
}

shard_replicas& cluster_node::replicas() {
  return *parts_->replicas;
}
node_requests& cluster_node::requests() {
  return *parts_->requests;
}
cluster_control& cluster_node::control() {
  return *parts_->control;
}
domain::cluster_numbers cluster_node::numbers() const {
  return parts_->numbers();
}
void cluster_node::hand_over(std::int64_t ms_max) {
  parts_->hand_over(ms_max);
}

}  // namespace taskdriver::cluster
