// The streams of checkpoints from and to one simulated replica, on the real sender and receiver.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "cluster/replica/checkpoint_stream.hpp"
#include "tests/simulation/events.hpp"
#include "tests/simulation/sim_disk.hpp"

namespace taskdriver::simulation {

class world;
class shard_host;
struct sim_node;

/// The bytes of a state are its number in the world and a filling that follows from it, so that a
/// wrong byte is noticed. Frames run over a connection: a start of either node breaks it, a cut
/// link loses frames and is noticed some time later.
///
/// Thread: one. Fails: throws violation if what arrives is not what was sent.
class checkpoint_streams {
public:
  checkpoint_streams(world& w, sim_node& n, shard_host& host) : world_(w), node_(n), host_(host) {}

  void begin(const cluster::node_name& to, checkpoint at);
  void frame(const frame_arrives& f);
  void tick();
  /// A gathered checkpoint is safe aside.
  void kept(checkpoint at) { kept_ = std::move(at); }
  std::optional<checkpoint> take_kept(std::uint64_t index, std::uint64_t entry_epoch);

private:
  struct outgoing {
    cluster::checkpoint_sender sender;
    std::string bytes;
    std::uint32_t connection = 0;
    std::size_t sent = 0;
  };
  struct incoming {
    cluster::checkpoint_receiver receiver;
    std::string bytes;
    std::uint32_t connection = 0;
    std::int64_t begun_ms = 0;
  };
  void send(node_index to, const cluster::checkpoint_frame& frame);
  void send_some(node_index to, outgoing& stream);
  void take(node_index from, incoming& stream, cluster::checkpoint_frame frame);
  void complete(node_index from, const incoming& stream, const cluster::checkpoint_identity& what);
  bool broken(node_index peer, std::uint32_t connection) const;

  world& world_;
  sim_node& node_;
  shard_host& host_;
  std::map<node_index, outgoing> out_;
  std::map<node_index, incoming> in_;
  std::optional<checkpoint> kept_;
};

}  // namespace taskdriver::simulation
