// What /health and /metrics show of this node: fsyncs as they happen, what the database takes, why
// it may not write, and how it stands in its cluster.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "actors/api.hpp"
#include "cluster/node/cluster_node.hpp"
#include "storage/node_store.hpp"

namespace taskdriver::server {

/// Thread: any; record() is called by the log writer only. The store must outlive it.
class log_monitor final : public actors::node_status {
public:
  explicit log_monitor(const storage::node_store& store) : store_(store) {}

  /// Tells of the cluster, too; null: no more.
  void watch(const cluster::cluster_node* node) { node_ = node; }
  /// A storage::fsync_hook.
  void record(double seconds, std::size_t entries, std::size_t bytes);

  actors::node_health health() const override;
  actors::log_statistics log() const override;
  actors::storage_statistics storage() const override;
  std::optional<domain::cluster_numbers> cluster() const override;

private:
  const storage::node_store& store_;
  std::atomic<const cluster::cluster_node*> node_ = nullptr;
  mutable std::mutex mutex_;
  actors::log_statistics statistics_;
};

}  // namespace taskdriver::server
