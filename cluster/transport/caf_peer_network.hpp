// The network between nodes over CAF's io brokers, with frames of its own; docs/transport.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cluster/transport/peer_network.hpp"
#include "cluster/transport/peer_network_options.hpp"

namespace taskdriver::cluster {

/// Listens from start() to its destruction; connects to nobody before set_peers(), and lets in
/// nobody who is not among those peers.
/// Thread: any, but for the destructor: not from a call of the observer.
/// Owns: its actor system with one io thread, in which the observer is called.
class caf_peer_network final : public peer_network {
public:
  /// `observer` must outlive it and may be called as soon as set_peers() was.
  /// Fails: bad_request (names, certificates; the text says which), unavailable (cannot listen).
  static result<std::unique_ptr<caf_peer_network>> start(const peer_identity& self,
                                                         const peer_network_options& options,
                                                         peer_observer& observer);
  /// Hangs up; the observer is told nothing of that, and nothing after.
  ~caf_peer_network() override;

  /// Where it listens; the chosen one if the option was 0.
  std::uint16_t port() const;

  void set_peers(std::vector<peer_address> peers) override;
  /// Fails also: payload_too_large, for a frame longer than its lane allows.
  result<void> send(const node_name& to, peer_lane lane, std::string frame) override;
  bool connected(const node_name& to) const override;

private:
  struct running;
  explicit caf_peer_network(std::unique_ptr<running> all);
  const std::unique_ptr<running> all_;
};

}  // namespace taskdriver::cluster
