// Turns what a replica reports about a stream into messages to the actor that owns the stream.
#pragma once

#include <caf/actor.hpp>
#include <caf/send.hpp>

#include "actors/local_messages.hpp"
#include "cluster/shard_replicas.hpp"

namespace taskdriver::actors {

/// Thread: any. Keeps the actor alive until the stream is closed.
class stream_to_actor final : public cluster::stream_observer {
public:
  explicit stream_to_actor(caf::actor owner) : owner_(std::move(owner)) {}
  void committed(std::uint64_t ticket) override {
    caf::anon_send(owner_, changes_committed{ticket});
  }
  void lost(const error_info& why) override { caf::anon_send(owner_, changes_lost{why}); }

private:
  caf::actor owner_;
};

}  // namespace taskdriver::actors
