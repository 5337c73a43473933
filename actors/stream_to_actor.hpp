// Turns what a replica reports about a stream into messages to the actor that owns the stream.
#pragma once

#include <caf/actor.hpp>
#include <caf/send.hpp>

#include "actors/lent_threads.hpp"
#include "actors/local_messages.hpp"
#include "cluster/shard_replicas.hpp"

namespace taskdriver::actors {

/// Thread: any. Keeps the actor alive until the stream is closed.
class stream_to_actor : public cluster::stream_observer {
public:
  /// `stream` tells the streams apart that one actor opens one after the other.
  explicit stream_to_actor(caf::actor owner, std::uint64_t stream = 0)
      : owner_(std::move(owner)), stream_(stream) {}
  void committed(std::uint64_t ticket) override {
    caf::anon_send(owner_, changes_committed{ticket, stream_});
  }
  void applied(std::uint64_t ticket) override {
    caf::anon_send(owner_, changes_applied{ticket, stream_});
  }
  void lost(const error_info& why) override { caf::anon_send(owner_, changes_lost{why, stream_}); }

protected:
  const caf::actor owner_;
  const std::uint64_t stream_;
};

/// For a project: who releases its answers is a thread that can send them.
class stream_to_project final : public stream_to_actor {
public:
  stream_to_project(caf::actor owner, project_number number, lent_threads& lent)
      : stream_to_actor(std::move(owner)), number_(number), lent_(lent) {}
  void committed(std::uint64_t ticket) override {
    lent_.send_home(raw(number_), owner_, changes_committed{ticket, stream_});
  }

private:
  const project_number number_;
  lent_threads& lent_;
};

}  // namespace taskdriver::actors
