// The network between nodes without sockets: a test decides what is delivered, cut or held back.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cluster/transport/peer_network.hpp"

namespace taskdriver::testing {

/// Joins the nodes of one process. Two nodes are connected while each has the other among its
/// peers and no cut is between them; nothing reaches an observer but in deliver() and
/// deliver_one().
///
///   memory_cluster_network wires;
///   auto a = wires.join({"test", "a", 1, 1}, observer_of_a);
///   auto b = wires.join({"test", "b", 2, 1}, observer_of_b);
///   a->set_peers({{"b"}});
///   b->set_peers({{"a"}});
///   wires.deliver();  // both are told of the connection
///
/// Events of all links stand in one queue, in the order in which they happened; a link that is
/// held lets the others overtake. Same calls, same order of events.
/// Thread: any; observers are called by the thread that delivers, one at a time, without a lock.
/// Owns: undelivered frames. Outlives its nodes.
class memory_cluster_network {
public:
  /// `window_bytes` bounds what is undelivered per direction and lane, as the real one does.
  explicit memory_cluster_network(std::size_t window_bytes = std::size_t{32} << 20);
  ~memory_cluster_network();

  /// The end of one node. Its destruction is the end of the process: frames on their way to and
  /// from it are lost, its peers are told, it is told nothing. A name joins again only after that;
  /// give it another boot then.
  std::unique_ptr<cluster::peer_network> join(cluster::peer_identity self,
                                              cluster::peer_observer& observer);

  /// Breaks the connection, both ways, and keeps it from coming back. What was not delivered is
  /// lost; both are told.
  void cut(const cluster::node_name& a, const cluster::node_name& b);
  void heal(const cluster::node_name& a, const cluster::node_name& b);
  /// Cuts `node` off from all others, and back.
  void isolate(const cluster::node_name& node);
  void rejoin(const cluster::node_name& node);
  /// Breaks the connection once; it is back at once, with everything on its way lost.
  void reset(const cluster::node_name& a, const cluster::node_name& b);

  /// Keeps frames of this direction undelivered (a stopped reader, a slow link); others go on.
  void hold(const cluster::node_name& from, const cluster::node_name& to);
  void release(const cluster::node_name& from, const cluster::node_name& to);

  /// Delivers the oldest event that is not held. False: there is none.
  bool deliver_one();
  /// Delivers until nothing is left, what the deliveries cause included; at most `events_max`.
  /// How many it were.
  std::size_t deliver(std::size_t events_max = 1'000'000);
  std::size_t undelivered() const;

private:
  class node;
  using direction = std::pair<cluster::node_name, cluster::node_name>;
  using pair_of_nodes = std::pair<cluster::node_name, cluster::node_name>;  // smaller name first
  enum class happening { connected, disconnected, frame };
  struct event {
    happening kind;
    direction way;                // from the peer or sender to who is told
    cluster::peer_identity peer;  // the peer or sender
    cluster::peer_lane lane = cluster::peer_lane::main;
    std::string frame = {};
  };
  struct endpoint {
    cluster::peer_identity self;
    cluster::peer_observer* observer;
    std::set<cluster::node_name> peers = {};
  };

  void set_peers(const cluster::node_name& of, std::set<cluster::node_name> peers);
  void leave(const cluster::node_name& name);
  result<void> send(const direction& way, cluster::peer_lane lane, std::string frame);
  bool connected(const direction& way) const;

  // Under the lock.
  bool wanted(const pair_of_nodes& nodes) const;
  void settle_all();
  void settle(const pair_of_nodes& nodes);
  void disconnect(const pair_of_nodes& nodes);
  void tell(happening kind, const direction& way);
  void lose_frames(const pair_of_nodes& nodes);
  bool deliverable(const event& e) const;

  const std::size_t window_bytes_;
  mutable std::mutex lock_;
  std::recursive_mutex delivering_;  // one observer at a time; a node leaves between two calls
  std::map<cluster::node_name, endpoint> nodes_;
  std::set<pair_of_nodes> connected_, cuts_;
  std::set<cluster::node_name> isolated_;
  std::set<direction> held_;
  std::map<std::pair<direction, cluster::peer_lane>, std::size_t> waiting_bytes_;
  std::deque<event> events_;
};

}  // namespace taskdriver::testing
