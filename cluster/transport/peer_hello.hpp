// The first bytes of every connection between nodes: who is there, or why not. docs/transport.md
// has the grammar.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cluster/transport/peer_network.hpp"

namespace taskdriver::cluster {

inline constexpr std::uint32_t peer_protocol = 1;
/// Longest opening, all included. A longer one is malformed before it is all there.
inline constexpr std::size_t opening_bytes_max = 1024;

/// What each side says first; the dialling side begins.
struct peer_hello {
  peer_identity from;
  std::uint64_t session = 0;  // the dialling process counts; both lanes of a pair have the same
  peer_lane lane = peer_lane::main;
};

/// Why a side does not want the other. The numbers are on the wire.
enum class refusal : std::uint8_t {
  foreign_cluster = 1,
  unknown_protocol = 2,
  unknown_node = 3,  // not among the peers (yet): the only one that is worth a quick retry
  same_node = 4,     // it has our own name: a copied configuration or data directory
  wrong_name = 5,    // its certificate, or the address dialled, is another node's
  stale = 6,         // an older session, a lane that is there already, the wrong side dialled
};
std::string_view refusal_text(refusal why);

/// Aborts if names are longer than the opening allows (`valid_identity`).
std::string encode_hello(const peer_hello& hello);
std::string encode_refusal(refusal why);
/// Cluster and node are 1–64 of [A-Za-z0-9._-], http at most 256 bytes.
bool valid_identity(const peer_identity& identity);

struct opening {
  enum class state { incomplete, hello, refused, malformed } is = state::incomplete;
  std::size_t bytes = 0;  // of the input, when it is a hello or a refusal
  peer_hello hello = {};  // of a foreign protocol only from.protocol is set
  refusal why = refusal::stale;
};

/// What `received` begins with. Never reads beyond opening_bytes_max.
opening read_opening(std::string_view received);

}  // namespace taskdriver::cluster
