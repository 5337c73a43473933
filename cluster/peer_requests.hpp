// Questions between nodes over the network of frames: numbers, time-outs, bounds, cancellation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "cluster/node_requests.hpp"
#include "cluster/transport/peer_network.hpp"

namespace taskdriver::cluster {

struct peer_request_limits {
  /// Questions under way, asked or to be answered, each; parked polls are most of them.
  std::size_t count_max = 100'000;
  /// Bytes of the answers that wait for room in the network's window.
  std::size_t unsent_bytes_max = std::size_t{64} << 20;
  /// False: a test calls expire() itself.
  bool own_timer = true;
};

/// A question asked is in one of these places, and its `done` is called on the way out:
///
///   ask --frame sent--> under way --answer--> done(answer)
///    \                     |  \---disconnected, or its time is over--> done(outcome_unknown)
///     \--not sent--> done(unavailable)
///
/// Frames (all on the main lane): request: kind, u64 number, varint timeout in ms, bytes.
/// answer: kind, u64 number, u8 0, bytes; or kind, u64 number, u8 1 + errc, varint Retry-After,
/// text. cancel: kind, u64 number. Numbers begin at random and are never used again, so that the
/// answer to a process that was here before is nobody's.
///
/// Thread: any; `done` and the handler are called on the network's threads or on the timer's, and
/// no lock is held then. Owns: its timer.
class peer_requests final : public node_requests {
public:
  /// `time` must outlive it and every incoming request.
  explicit peer_requests(const time_source& time, const peer_request_limits& limits = {});
  /// What is under way is answered `unavailable`.
  ~peer_requests() override;

  /// Before anything is asked; the network must outlive it, or detach() come first.
  void attach(peer_network& network);
  /// Ends: what is under way is answered outcome_unknown, what is asked from now on unavailable.
  /// No call of the network by the timer is under way any more; other callers must have ended.
  /// Thread: one, not one of the network's or the timer's.
  void detach();

  std::uint64_t ask(const node_name& to, std::string bytes, std::int64_t timeout_ms,
                    answered done) override;
  void cancel(std::uint64_t request) override;
  void serve(handler h) override;

  // For the peer_observer of the node: frames of the kinds request, answer and cancel.
  void received(const peer_identity& from, std::string frame);
  void disconnected(const peer_identity& peer);

  /// Ends what has waited too long, and tries again to send answers that found no room.
  void expire();

private:
  class incoming;
  struct core;
  class timer;
  void take_request(const peer_identity& from, std::uint64_t number, std::string_view rest);

  std::shared_ptr<core> core_;  // shared with the incoming requests
  std::unique_ptr<timer> timer_;
};

}  // namespace taskdriver::cluster
