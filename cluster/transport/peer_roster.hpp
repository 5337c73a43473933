// Whom a node wants to be connected to, who dials when, and who may come in. No I/O, no clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "cluster/transport/peer_hello.hpp"
#include "cluster/transport/peer_network_options.hpp"

namespace taskdriver::cluster {

/// How an attempt or a session ended, which decides when the next is due.
enum class session_end {
  lived,    // it was up for a while: begin again with the shortest delay
  failed,   // not reached, or up only for a moment: twice the delay of the last time
  refused,  // by either side, for a reason that a retry does not cure: the longest delay
};

/// The peers of one node. Of two nodes the one with the smaller name dials, so that there is never
/// more than one session per pair.
/// Thread: one owner.
class peer_roster {
public:
  /// `seed` spreads the retries of nodes that lost each other at the same moment.
  peer_roster(peer_identity self, const peer_limits& limits, std::uint64_t seed);

  /// Returns those that are peers no more. An entry of the own name is skipped.
  std::vector<node_name> set_peers(const std::vector<peer_address>& peers);
  bool has(const node_name& node) const { return peers_.contains(node); }

  struct dial {
    peer_address to;
    std::uint64_t session;  // larger than any before of this process
  };
  /// Those to dial now. Each is under way until ended() is called for it.
  std::vector<dial> due(std::int64_t now_ms);
  void ended(const node_name& node, session_end how, std::int64_t now_ms);

  /// May the node that said this come in? `certified` are the nodes that its certificate names;
  /// none: any. For an incoming connection.
  std::optional<refusal> judge(const peer_hello& hello,
                               const std::vector<node_name>& certified) const;
  /// Is this the answer to the hello that was `said` to `node`?
  std::optional<refusal> judge_answer(const peer_hello& answer, const node_name& node,
                                      const peer_hello& said,
                                      const std::vector<node_name>& certified) const;
  const peer_identity& self() const { return self_; }

private:
  struct peer {
    peer_address address;
    bool under_way = false;
    std::int64_t due_ms = 0;
    std::int64_t retry_ms = 0;  // the last delay
  };
  std::optional<refusal> judge_identity(const peer_identity& from,
                                        const std::vector<node_name>& certified) const;
  std::int64_t delay_ms(peer& of, session_end how);

  const peer_identity self_;
  const peer_limits limits_;
  std::mt19937_64 random_;
  std::map<node_name, peer> peers_;
  std::uint64_t sessions_ = 0;
};

}  // namespace taskdriver::cluster
