// What /health and /metrics show of this node's store: fsyncs as they happen, and why it may not
// write.
#pragma once

#include <mutex>

#include "actors/api.hpp"
#include "storage/node_store.hpp"

namespace taskdriver::server {

/// Thread: any; record() is called by the log writer only. The store must outlive it.
class log_monitor final : public actors::node_status {
public:
  explicit log_monitor(const storage::node_store& store) : store_(store) {}

  /// A storage::fsync_hook.
  void record(double seconds, std::size_t entries, std::size_t bytes);

  actors::node_health health() const override;
  actors::log_statistics log() const override;

private:
  const storage::node_store& store_;
  mutable std::mutex mutex_;
  actors::log_statistics statistics_;
};

}  // namespace taskdriver::server
