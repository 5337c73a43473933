// Encoding and checking of openings.
#include "cluster/transport/peer_hello.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/wire.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::string_view hello_magic = "TDPH";
constexpr std::string_view refusal_magic = "TDPX";
constexpr std::size_t head_bytes = 4 + 4 + 2;     // magic, protocol, length of the body
constexpr std::size_t refusal_bytes = 4 + 4 + 1;  // magic, protocol, reason
constexpr std::size_t name_bytes_max = 64;
constexpr std::size_t http_bytes_max = 256;

bool valid_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= name_bytes_max &&
         std::all_of(name.begin(), name.end(), allowed);
}

bool read_body(std::string_view body, peer_hello& hello) {
  byte_reader in(body);
  hello.from.cluster = in.text();
  hello.from.node = in.text();
  hello.from.store = in.u64();
  hello.from.boot = in.u64();
  hello.session = in.u64();
  const auto lane = in.u8();
  hello.from.http = in.text();
  if (lane > static_cast<std::uint8_t>(peer_lane::bulk)) return false;
  hello.lane = static_cast<peer_lane>(lane);
  return in.finished() && valid_identity(hello.from);
}

opening malformed() {
  return {opening::state::malformed};
}

opening read_refusal(std::string_view received) {
  if (received.size() < refusal_bytes) return {};
  const auto why = static_cast<std::uint8_t>(received[refusal_bytes - 1]);
  const bool known = why >= static_cast<std::uint8_t>(refusal::foreign_cluster) &&
                     why <= static_cast<std::uint8_t>(refusal::stale);
  if (!known) return malformed();
  return {opening::state::refused, refusal_bytes, {}, static_cast<refusal>(why)};
}

opening read_hello(std::string_view received) {
  if (received.size() < 8) return {};
  byte_reader head(received.substr(4));
  opening read{opening::state::hello};
  read.hello.from.protocol = head.u32();
  if (read.hello.from.protocol != peer_protocol) return read;  // its body is not ours to read
  if (received.size() < head_bytes) return {};
  const std::size_t body_bytes = head.u16();
  if (head_bytes + body_bytes > opening_bytes_max) return malformed();
  if (received.size() < head_bytes + body_bytes) return {};
  read.bytes = head_bytes + body_bytes;
  return read_body(received.substr(head_bytes, body_bytes), read.hello) ? read : malformed();
}

}  // namespace

std::string_view refusal_text(refusal why) {
  switch (why) {
    case refusal::foreign_cluster:
      return "another cluster";
    case refusal::unknown_protocol:
      return "unknown protocol version";
    case refusal::unknown_node:
      return "not a known node of the cluster";
    case refusal::same_node:
      return "the same node id as this node";
    case refusal::wrong_name:
      return "not the node it says it is";
    case refusal::stale:
      return "an older or repeated connection";
  }
  return "no known reason";
}

bool valid_identity(const peer_identity& identity) {
  return valid_name(identity.cluster) && valid_name(identity.node) &&
         identity.http.size() <= http_bytes_max;
}

std::string encode_hello(const peer_hello& hello) {
  TASKDRIVER_CHECK(valid_identity(hello.from), "names were checked at the start");
  std::string body;
  byte_writer out(body);
  out.text(hello.from.cluster);
  out.text(hello.from.node);
  out.u64(hello.from.store);
  out.u64(hello.from.boot);
  out.u64(hello.session);
  out.u8(static_cast<std::uint8_t>(hello.lane));
  out.text(hello.from.http);
  std::string bytes(hello_magic);
  byte_writer head(bytes);
  head.u32(hello.from.protocol);
  head.u16(static_cast<std::uint16_t>(body.size()));
  return bytes + body;
}

std::string encode_refusal(refusal why) {
  std::string bytes(refusal_magic);
  byte_writer out(bytes);
  out.u32(peer_protocol);
  out.u8(static_cast<std::uint8_t>(why));
  return bytes;
}

opening read_opening(std::string_view received) {
  const std::string_view magic = received.substr(0, hello_magic.size());
  if (magic == hello_magic) return read_hello(received);
  if (magic == refusal_magic) return read_refusal(received);
  const bool may_become_one = magic == hello_magic.substr(0, magic.size()) ||
                              magic == refusal_magic.substr(0, magic.size());
  return may_become_one ? opening{} : malformed();
}

}  // namespace taskdriver::cluster
