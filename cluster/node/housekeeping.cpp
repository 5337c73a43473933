// What a node's house thread does: joining, knowing its peers, reporting to them.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.hpp"
#include "cluster/node/cluster_parts.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::chrono::milliseconds between_reports{2000};

}  // namespace

joining_node cluster_node::parts::joining() const {
  joining_node who{.cluster = options.cluster,
                   .node = options.node,
                   .shards = store.shard_count(),
                   .adopt = options.adopt,
                   .remembered = remembered_};
  who.live = {.store = store.store_id(),
              .boot = boot,
              .version = options.version,
              .cluster_address = options.cluster_address,
              .http_address = options.http_address};
  for (const auto& at : store.recovered().shards) {
    who.epochs.push_back(std::max(at.seen_epoch, at.last_epoch));
    if (at.last_index > 0) who.has_data = true;
  }
  return who;
}

result<void> cluster_node::parts::join(const std::function<bool()>& give_up) {
  auto record = join_cluster(*judge, joining(), give_up);
  if (!record) return record.error();
  if (!remembered_) remembered_ = membership_file{.cluster = options.cluster, .id = record->id};
  if (auto written = write_membership(options.data_dir, *remembered_); !written) return written;
  log_event(log_level::info, "cluster joined",
            {{"cluster", options.cluster}, {"node", options.node}, {"store", self().store}});
  controller = std::make_unique<placement_controller>(placement_controller::surroundings{
      *judge, *mirror, keys, options.node, time, options.placement, !record->founder.node.empty()});
  controller->start();
  return {};
}

void cluster_node::parts::keep_house() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    wake_.wait_for(lock, between_reports, [this] { return stop_ || nodes_changed_; });
    if (stop_) return;
    const bool changed = std::exchange(nodes_changed_, false);
    lock.unlock();
    if (changed) look_at_nodes();
    send_reports();
    lock.lock();
  }
}

void cluster_node::parts::look_at_nodes() {
  const auto picture = mirror->picture();
  if (picture.known) {
    remember_peers(picture);
    check_own_record(picture);
  }
  std::vector<peer_address> peers;
  for (const auto& [node, address] : remembered_->peers)
    if (auto parsed = parse_peer_address(node, address)) peers.push_back(std::move(*parsed));
  network->set_peers(std::move(peers));
}

void cluster_node::parts::remember_peers(const cluster_picture& picture) {
  std::map<node_name, std::string> peers;
  for (const auto& [name, node] : picture.nodes)
    if (name != options.node && node.record.state != node_state::removed)
      peers[name] = node.record.cluster_address;
  if (peers == remembered_->peers) return;
  remembered_->peers = std::move(peers);
  if (auto written = write_membership(options.data_dir, *remembered_); !written)
    log_event(log_level::warn, "peers not remembered", {{"reason", written.error().text}});
}

void cluster_node::parts::check_own_record(const cluster_picture& picture) {
  const auto own = picture.nodes.find(options.node);
  if (own == picture.nodes.end()) return;
  if (own->second.record.state == node_state::removed)
    options.on_fatal({errc::forbidden, "this node was removed from the cluster"});
  else if (own->second.record.store != store.store_id())
    options.on_fatal(
        {errc::name_taken, "another data directory has taken over node id " + options.node});
}

void cluster_node::parts::send_reports() {
  node_report report{.leaving = leaving_};
  for (const auto& status : loop->statuses())
    if (status.replica.last_index > 0 || status.replica.configuration.find(options.node))
      report.replicas.push_back(report_of(status));
  const auto frame = encode_node_report(report);
  const auto picture = mirror->picture();
  for (const auto& [name, _] : picture.nodes)
    if (name != options.node && network->connected(name))
      (void)network->send(name, peer_lane::main, frame);
}

}  // namespace taskdriver::cluster
