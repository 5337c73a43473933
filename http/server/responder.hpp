// The handle by which a request is answered: from any thread, once, and only to its own client.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "http/server/message.hpp"

namespace taskdriver::http {

/// Names one connection for ever: descriptors are used again, generations never are.
struct connection_id {
  int fd = -1;
  std::uint64_t generation = 0;

  bool operator==(const connection_id&) const = default;
};

/// An answer on its way to its connection. Without content: the responder was dropped unanswered.
struct answer {
  connection_id to;
  std::optional<response> content;
};

/// Where answers go. Implemented by the mailbox of an io thread, and by tests. Thread: any.
class answer_sink {
public:
  virtual ~answer_sink() = default;
  virtual void deliver(answer a) = 0;
};

/// What a request's connection and its responder share. Thread: any.
struct exchange {
  std::shared_ptr<answer_sink> sink;
  connection_id id;
  std::atomic<bool> gone{false};
};

/// The duty to answer one request. Dropped unanswered, it answers 503. An answer to a client that
/// is gone goes nowhere, even if its descriptor serves another client by then. Thread: any, one at
/// a time. Owns: its share of the exchange.
class responder {
public:
  responder() = default;
  explicit responder(std::shared_ptr<exchange> e) : exchange_(std::move(e)) {}
  responder(responder&&) = default;
  responder& operator=(responder&& other);
  ~responder() { abandon(); }

  /// Answers. A second call is a programmer error.
  void send(response r);

  /// True once the client has closed its side (also only its sending side: the two look alike, and
  /// a parked long poll of a client that hung up must be passed over). An answer sent nevertheless
  /// still reaches a client that only half-closed. Cheap; also true without a request.
  bool gone() const;

  /// False when default-made, moved from, or answered.
  explicit operator bool() const { return exchange_ != nullptr; }

private:
  void abandon();
  std::shared_ptr<exchange> exchange_;
};

}  // namespace taskdriver::http
