// Sorts fsyncs into the buckets of actors::log_statistics.
#include "tools/taskdriverd/log_monitor.hpp"

#include <algorithm>

namespace taskdriver::server {
namespace {

/// The first bucket whose bound is not below `value`; the last one has no bound.
template <class Bounds>
std::size_t bucket_of(const Bounds& bounds, double value) {
  return static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), value) -
                                  bounds.begin());
}

}  // namespace

void log_monitor::record(double seconds, std::size_t entries, std::size_t bytes) {
  using log = actors::log_statistics;
  const std::lock_guard lock(mutex_);
  ++statistics_.latency_counts[bucket_of(log::latency_bounds_s, seconds)];
  ++statistics_.batch_counts[bucket_of(log::batch_bounds, static_cast<double>(entries))];
  statistics_.latency_sum_s += seconds;
  ++statistics_.fsyncs;
  statistics_.entries += entries;
  statistics_.bytes += bytes;
}

actors::node_health log_monitor::health() const {
  if (!store_.writable()) return {.writable = false, .alone = false, .reason = store_.trouble()};
  const auto numbers = cluster();
  if (numbers && numbers->peers_known > 0 && numbers->peers_connected == 0 &&
      numbers->shards_served == 0)
    return {.writable = true, .alone = true, .reason = "no other node is reachable"};
  return {};
}

std::optional<domain::cluster_numbers> log_monitor::cluster() const {
  const auto* node = node_.load();
  if (!node) return std::nullopt;
  return node->numbers();
}

actors::log_statistics log_monitor::log() const {
  const std::lock_guard lock(mutex_);
  return statistics_;
}

actors::storage_statistics log_monitor::storage() const {
  const auto sizes = store_.sizes();
  return {.disk_bytes = sizes.state_bytes + sizes.log_bytes,
          .memory_bytes = sizes.memtable_bytes + sizes.cache_bytes,
          .unmerged_files = sizes.unmerged_files};
}

}  // namespace taskdriver::server
