// Questions between nodes with exactly one answer each: how a request reaches the shard's primary.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "cluster/replica/configuration.hpp"

namespace taskdriver::cluster {

/// A question of another node. Destroyed unanswered it answers outcome_unknown.
/// Thread: any; one owner at a time.
class incoming_request {
public:
  virtual ~incoming_request() = default;
  virtual const std::string& bytes() const = 0;
  virtual const node_name& from() const = 0;
  /// Gives the answer; a second call is ignored.
  virtual void answer(result<std::string> bytes) = 0;
  /// The asker gave up (its client hung up, or its time is over), or its node is gone.
  virtual bool gone() const = 0;
};

/// Thread: any. Never blocks.
class node_requests {
public:
  using answered = std::function<void(result<std::string>)>;
  using handler = std::function<void(std::unique_ptr<incoming_request>)>;

  virtual ~node_requests() = default;
  /// `done` is called exactly once, on any thread. Fails: unavailable (it was certainly not sent),
  /// outcome_unknown (sent, and no answer: the connection broke or `timeout_ms` passed), or what
  /// the other node answered.
  virtual std::uint64_t ask(const node_name& to, std::string bytes, std::int64_t timeout_ms,
                            answered done) = 0;
  /// The asker is no longer interested; `done` is still called.
  virtual void cancel(std::uint64_t request) = 0;
  /// Who answers the questions of other nodes; set once, before the network starts.
  virtual void serve(handler h) = 0;
};

}  // namespace taskdriver::cluster
