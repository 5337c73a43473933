// Frames between the nodes of a cluster: who is connected, sending within a window, receiving.
// Implemented over CAF's io brokers (caf_peer_network) and, for tests, in memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cluster/replica/configuration.hpp"

namespace taskdriver::cluster {

/// Two connections per pair of nodes, so that bulk data never delays a request or an entry.
enum class peer_lane : std::uint8_t { main = 0, bulk = 1 };

/// The first byte of every frame.
enum class frame_kind : std::uint8_t {
  replica = 1,     // main: replica_messages of any shards (replica_codec.hpp)
  request = 2,     // main: node_requests
  answer = 3,      // main
  cancel = 4,      // main
  checkpoint = 5,  // bulk: pieces of a shard's state, and the receiver's credit
  report = 6,      // main: what a node's replicas look like (node_report.hpp)
};

/// Largest frame of a lane, kind byte included; a longer one ends the connection.
inline constexpr std::size_t main_frame_bytes_max = std::size_t{24} << 20;  // a request of 16 MiB
inline constexpr std::size_t bulk_frame_bytes_max = (std::size_t{64} << 10) + 256;

/// Exchanged and checked before anything else on a connection.
struct peer_identity {
  std::string cluster;
  node_name node;
  std::uint64_t store = 0;
  std::uint64_t boot = 0;      // random per process
  std::uint32_t protocol = 1;  // of the frames
  std::string http;            // where its clients are served, for people

  member as_member() const { return {node, store}; }
};

struct peer_address {
  node_name node;
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const peer_address&) const = default;
};

/// Thread: called on the network's threads; must not block.
class peer_observer {
public:
  virtual ~peer_observer() = default;
  /// Both lanes are up and the peer is who it should be.
  virtual void connected(const peer_identity& peer) = 0;
  virtual void disconnected(const peer_identity& peer) = 0;
  /// A whole frame, kind byte first. Order within a lane of one connection.
  virtual void received(const peer_identity& from, peer_lane lane, std::string frame) = 0;
};

/// Thread: any.
class peer_network {
public:
  virtual ~peer_network() = default;
  /// The nodes to keep connections to; others are dropped. Reconnects with back-off by itself.
  virtual void set_peers(std::vector<peer_address> peers) = 0;
  /// Hands a frame over; that says nothing of its arrival. Fails: unavailable (not connected, or
  /// the peer does not read: its window of unread bytes is full). Never blocks, never queues more
  /// than the window.
  virtual result<void> send(const node_name& to, peer_lane lane, std::string frame) = 0;
  virtual bool connected(const node_name& to) const = 0;
};

}  // namespace taskdriver::cluster
