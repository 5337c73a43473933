// Nodes and raw sockets on 127.0.0.1.
#include "tests/transport/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/wire.hpp"

namespace taskdriver::testing {

using cluster::peer_lane;

loopback_node::loopback_node(const std::string& name, std::uint64_t boot,
                             const cluster::peer_network_options& options)
    : name_(name) {
  const cluster::peer_identity self{"test", name, 7, boot, cluster::peer_protocol, "127.0.0.1:1"};
  auto started = cluster::caf_peer_network::start(self, options, told);
  const std::string why = started.ok() ? "" : started.error().text;
  BOOST_REQUIRE_MESSAGE(started.ok(), why);
  network = std::move(*started);
}

bool loopback_node::send(const std::string& to, const std::string& text, peer_lane lane) {
  const auto& kind = lane == peer_lane::main ? replica_kind : checkpoint_kind;
  return network->send(to, lane, kind + text).ok();
}

void connect_all(const std::vector<loopback_node*>& nodes) {
  std::vector<cluster::peer_address> all;
  for (const auto* node : nodes) all.push_back(node->address());
  for (auto* node : nodes) node->network->set_peers(all);
  for (auto* node : nodes)
    for (const auto& peer : all)
      if (peer.node != node->address().node)
        BOOST_REQUIRE_MESSAGE(node->told.wait_for("+" + peer.node), "connected to " + peer.node);
}

raw_socket::raw_socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval patience{20, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BOOST_REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
}

raw_socket::~raw_socket() {
  ::close(fd_);
}

void raw_socket::send(std::string_view bytes) {
  (void)!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string raw_socket::read(std::size_t bytes) {
  std::string all(bytes, '\0');
  std::size_t have = 0;
  while (have < bytes) {
    const auto got = ::recv(fd_, all.data() + have, bytes - have, 0);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  all.resize(have);
  return all;
}

bool raw_socket::ends() {
  char piece[4096];
  for (;;) {
    const auto got = ::recv(fd_, piece, sizeof piece, 0);
    if (got == 0 || (got < 0 && errno == ECONNRESET)) return true;
    if (got < 0) return false;
  }
}

std::string raw_socket::read_all() {
  std::string all;
  for (std::string piece = read(1); !piece.empty(); piece = read(1)) all += piece;
  return all;
}

cluster::peer_hello hello_of(const std::string& name, peer_lane lane, std::uint64_t session,
                             std::uint64_t boot) {
  return {{"test", name, 7, boot, cluster::peer_protocol, ""}, session, lane};
}

raw_peer::raw_peer(const std::string& name, const loopback_node& to, std::uint64_t session,
                   std::uint64_t boot)
    : main(to.network->port()), bulk(to.network->port()) {
  main.send(cluster::encode_hello(hello_of(name, peer_lane::main, session, boot)));
  bulk.send(cluster::encode_hello(hello_of(name, peer_lane::bulk, session, boot)));
  auto expected = hello_of(to.address().node, peer_lane::main, session);
  expected.from.http = "127.0.0.1:1";
  const std::size_t bytes = cluster::encode_hello(expected).size();
  for (auto* lane : {&main, &bulk})
    BOOST_REQUIRE(cluster::read_opening(lane->read(bytes)).is == cluster::opening::state::hello);
}

std::string framed(std::string_view frame) {
  std::string bytes;
  byte_writer out(bytes);
  out.u32(static_cast<std::uint32_t>(frame.size()));
  out.raw(frame);
  return bytes;
}

}  // namespace taskdriver::testing
