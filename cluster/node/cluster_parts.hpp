// The inside of cluster_node: its parts and how they hear of each other.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "cluster/node/checkpoint_exchange.hpp"
#include "cluster/node/cluster_node.hpp"
#include "cluster/node/cluster_operator.hpp"
#include "cluster/node/clustered_replicas.hpp"
#include "cluster/node/membership.hpp"
#include "cluster/node/peer_reports.hpp"
#include "cluster/node/placement_controller.hpp"
#include "cluster/node/register_mirror.hpp"
#include "cluster/peer_requests.hpp"

namespace taskdriver::cluster {

/// Thread: as cluster_node; the peer_observer's methods are the network's. Its own thread joins the
/// cluster, then keeps house: peers, reports, the membership file. Owns: everything.
struct cluster_node::parts final : private peer_observer {
  parts(cluster_node_options o, storage::node_store& s, std::unique_ptr<coordinator> j,
        const time_source& t);
  ~parts() override;

  result<void> start(const network_maker& make_network);
  domain::cluster_numbers numbers() const;
  void hand_over(std::int64_t ms_max);

  const cluster_node_options options;
  storage::node_store& store;
  const time_source& time;
  const std::uint64_t boot;
  const register_keys keys;
  std::unique_ptr<coordinator> judge;
  peer_reports reports;
  std::unique_ptr<replica_loop> loop;
  std::unique_ptr<checkpoint_exchange> exchange;
  std::shared_ptr<register_mirror> mirror;
  std::unique_ptr<clustered_replicas> replicas;
  std::unique_ptr<peer_network> network;
  std::unique_ptr<peer_requests> requests;
  std::unique_ptr<cluster_operator> control;
  std::unique_ptr<placement_controller> controller;

private:
  // Of the network.
  void connected(const peer_identity& peer) override;
  void disconnected(const peer_identity& peer) override;
  void received(const peer_identity& from, peer_lane lane, std::string frame) override;
  void take_replica_frame(const peer_identity& from, std::string_view frame);

  // Of the coordinator.
  void take_event(shard_event event);
  void post_placements();

  // Of the house's thread.
  joining_node joining() const;
  result<void> join(const std::function<bool()>& give_up);
  void keep_house();
  void look_at_nodes();
  void remember_peers(const cluster_picture& picture);
  void check_own_record(const cluster_picture& picture);
  void send_reports();
  bool stopping() const;
  bool leads_or_counts() const;
  void wake();

  member self() const { return {options.node, store.store_id()}; }
  std::int64_t now_ms() const { return time.now().steady_ms; }

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  bool nodes_changed_ = true;
  std::atomic<bool> leaving_ = false;

  // Of the house's thread, once it runs.
  std::optional<membership_file> remembered_;
  std::thread house_;
};

}  // namespace taskdriver::cluster
