// A table of reports.
#include "cluster/node/peer_reports.hpp"

namespace taskdriver::cluster {

bool peer_reports::take(const node_name& from, std::string_view frame, std::int64_t now_ms) {
  auto report = decode_node_report(frame);
  if (!report) return false;
  const std::lock_guard lock(mutex_);
  const bool changed = report->leaving ? leaving_.insert(from).second : leaving_.erase(from) > 0;
  reports_[from] = {std::move(*report), now_ms};
  return changed;
}

bool peer_reports::leave(const node_name& self) {
  const std::lock_guard lock(mutex_);
  return leaving_.insert(self).second;
}

bool peer_reports::disconnected(const node_name& peer) {
  const std::lock_guard lock(mutex_);
  return leaving_.erase(peer) > 0;
}

std::map<node_name, heard_report> peer_reports::all() const {
  const std::lock_guard lock(mutex_);
  return reports_;
}

shard_placement peer_reports::without_leaving(shard_placement wanted) const {
  const std::lock_guard lock(mutex_);
  if (leaving_.empty()) return wanted;
  shard_placement rest = wanted;
  std::erase_if(rest.replicas, [this](const node_name& n) { return leaving_.contains(n); });
  if (leaving_.contains(rest.primary)) rest.primary.clear();
  return rest.replicas.empty() ? wanted : rest;
}

}  // namespace taskdriver::cluster
