// The io thread of the network between nodes: sockets, handshakes, sessions. A CAF broker's state.
#pragma once

#include <array>
#include <caf/fwd.hpp>
#include <caf/io/fwd.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cluster/transport/io_inbox.hpp"
#include "cluster/transport/log_gate.hpp"
#include "cluster/transport/peer_connection.hpp"
#include "cluster/transport/peer_directory.hpp"
#include "cluster/transport/peer_roster.hpp"

namespace taskdriver::cluster {

/// What the hub shares with the threads outside. All outlive it; the inbox also the last dial.
struct hub_surroundings {
  peer_observer& observer;
  std::shared_ptr<io_inbox> inbox;
  peer_directory& directory;
  const tls_context* tls = nullptr;  // null: in the clear
};

/// Sessions with all peers. A session is one connection per lane, both of the same two processes;
/// it is up when both hellos have been said on both, and ends with the first lane that ends.
///
///     dialled: connect both lanes, say hello ---- both answered ----> up ---> ended
///     accepted: hello on a lane, then on the other; answer both ----> up        | back-off
///                  \ refused: last words, closed                                v
///                                                                          dialled again
///
/// A session of another process or a later dial replaces what is there: whoever dials again knows
/// that the old one is dead before we do.
/// Thread: the io thread only. Owns: all connections.
class peer_hub {
public:
  peer_hub(caf::io::broker& self, peer_identity identity, const peer_limits& limits,
           const hub_surroundings& around);
  ~peer_hub();

  // What the broker was told. Connections are known by their handle's number, which is the
  // descriptor.
  void accepted(std::int64_t id);
  void received(std::int64_t id, std::string_view bytes);
  void closed(std::int64_t id);
  void woken();
  void tick();
  /// Hangs up on all. Nobody is told.
  void stop();

private:
  struct connection {
    connection(std::unique_ptr<tls_session> tls, const peer_limits& limits, std::int64_t now_ms,
               std::string from)
        : io(std::move(tls), limits, now_ms), address(std::move(from)) {}

    peer_connection io;
    const std::string address;
    node_name node = {};  // whose session it belongs to; empty: a stranger
    peer_lane lane = peer_lane::main;
    bool greeted = false;
    bool reads_many = false;
  };
  struct session {
    std::uint64_t number = 0;
    bool dialled = false;
    peer_identity peer = {};  // once a hello has come
    std::array<std::int64_t, 2> lanes{-1, -1};
    std::array<bool, 2> greeted{};
    std::array<std::shared_ptr<outbox>, 2> out = {};
    std::int64_t up_ms = -1;
  };

  void set_peers(const std::vector<peer_address>& peers);
  void dial_due();
  void dialled(dial_result done);
  connection& adopt(std::int64_t id, std::unique_ptr<tls_session> tls);

  void greet(std::int64_t id);
  void greet_stranger(std::int64_t id, connection& from, const peer_hello& hello);
  void greet_dialled(const connection& from, const peer_hello& hello);
  void refused_by_peer(const connection& from, refusal why);
  bool join(std::int64_t id, const peer_hello& hello);
  void bring_up(session& s);
  void deliver(std::int64_t id);
  void flush(std::int64_t id);

  void broke(std::int64_t id, std::string_view why);
  void refuse(std::int64_t id, const peer_hello& who, refusal why);
  void end_session(const node_name& node, session_end how, std::string_view why);
  void hang_up(std::int64_t id);
  void log_unreachable(const node_name& node, const std::string& why);

  connection* find(std::int64_t id);
  void fit_reads(std::int64_t id, connection& from, std::size_t received);
  std::size_t strangers() const;

  caf::io::broker& self_;
  const peer_limits limits_;
  const hub_surroundings around_;
  peer_roster roster_;
  std::unordered_map<std::int64_t, connection> connections_;
  std::map<node_name, session> sessions_;
  std::map<node_name, std::string> unreachable_;  // and why; logged once
  log_gate stranger_lines_;                       // of what anybody can cause
  std::int64_t now_ms_ = 0, ticked_ms_ = 0;
};

}  // namespace taskdriver::cluster
