// How a node listens for and speaks to its peers: address, certificates, times and windows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "cluster/transport/peer_network.hpp"

namespace taskdriver::cluster {

/// PEM files. All three belong together: a side without a certificate is not let in.
struct tls_files {
  std::string ca;           // who signs the nodes' certificates
  std::string certificate;  // this node's, with its chain
  std::string key;
};

/// Times and sizes of docs/transport.md; tests make them small.
struct peer_limits {
  std::int64_t connect_ms = 2000;
  std::int64_t handshake_ms = 2000;  // TLS and the hellos together
  std::int64_t heartbeat_ms = 500;   // something is sent at least that often
  std::int64_t silence_ms = 2000;    // without any byte from the peer
  std::int64_t retry_ms_min = 50;    // doubles up to retry_ms_max, less a random part
  std::int64_t retry_ms_max = 2000;
  std::size_t main_window_bytes = std::size_t{32} << 20;
  std::size_t bulk_window_bytes = std::size_t{1} << 20;
  std::size_t strangers_max = 64;  // connections that have not said who they are

  std::size_t window_bytes(peer_lane lane) const {
    return lane == peer_lane::main ? main_window_bytes : bulk_window_bytes;
  }
};

struct peer_network_options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any; see caf_peer_network::port()
  std::optional<tls_files> tls = {};
  peer_limits limits = {};
};

inline constexpr std::size_t frame_bytes_max(peer_lane lane) {
  return lane == peer_lane::main ? main_frame_bytes_max : bulk_frame_bytes_max;
}

/// Refuses (bad_request, with what to do) frames in the clear off loopback, unless `insecure` is
/// what the operator asked for by name (--insecure-cluster).
result<void> check_transport_security(const peer_network_options& options, bool insecure);

}  // namespace taskdriver::cluster
