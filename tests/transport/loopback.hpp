// Real networks on loopback sockets, and a raw socket that behaves as badly as a test wants.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/transport/caf_peer_network.hpp"
#include "cluster/transport/peer_hello.hpp"
#include "tests/transport/recording_observer.hpp"

namespace taskdriver::testing {

/// One node of cluster "test", in this process.
class loopback_node {
public:
  explicit loopback_node(const std::string& name, std::uint64_t boot = 1,
                         const cluster::peer_network_options& options = {});

  cluster::peer_address address() const { return {name_, "127.0.0.1", network->port()}; }
  bool send(const std::string& to, const std::string& text,
            cluster::peer_lane lane = cluster::peer_lane::main);

  recording_observer told;
  std::unique_ptr<cluster::caf_peer_network> network;

private:
  const std::string name_;
};

/// Makes all of them each other's peers and waits until they are connected.
void connect_all(const std::vector<loopback_node*>& nodes);

/// A blocking client socket. Reads give up after a generous deadline.
class raw_socket {
public:
  explicit raw_socket(std::uint16_t port);
  ~raw_socket();
  raw_socket(const raw_socket&) = delete;

  void send(std::string_view bytes);
  /// Exactly so many, or fewer if the other side hung up.
  std::string read(std::size_t bytes);
  /// Reads all there is until the other side hangs up. False: it did not.
  bool ends();
  /// What is left to read until the other side hangs up.
  std::string read_all();

private:
  int fd_;
};

/// A hello of node `name` of cluster "test".
cluster::peer_hello hello_of(const std::string& name, cluster::peer_lane lane,
                             std::uint64_t session = 1, std::uint64_t boot = 1);

/// A peer made of two raw sockets, greeted on both lanes.
class raw_peer {
public:
  raw_peer(const std::string& name, const loopback_node& to, std::uint64_t session = 1,
           std::uint64_t boot = 1);
  raw_socket main, bulk;
};

/// A frame with its head.
std::string framed(std::string_view frame);
inline const std::string replica_kind(1, '\1');
inline const std::string checkpoint_kind(1, '\5');

}  // namespace taskdriver::testing
