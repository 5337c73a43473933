// What every peer does for one worker: create a task, take the first one, store its result.
#pragma once

#include <memory>
#include <string>

namespace taskdriver::peers {

inline constexpr std::size_t task_bytes = 300;
inline constexpr std::size_t result_bytes = 200;

struct peer_address {
  std::string host;
  std::string port;
};

/// One worker's connections. Thread: one.
class peer {
public:
  virtual ~peer() = default;
  /// Creates one task, takes the first there is, stores a result, ends the task: each step
  /// acknowledged before the next, as far as the peer's protocol acknowledges it.
  virtual void cycle() = 0;
};

std::unique_ptr<peer> connect_beanstalkd(const peer_address& at, int worker);
std::unique_ptr<peer> connect_nats(const peer_address& at, int worker);
std::unique_ptr<peer> connect_rabbitmq(const peer_address& at, int worker);

/// Makes what the workers need: queues, streams. Once, before they connect.
void prepare_nats(const peer_address& at);
void prepare_rabbitmq(const peer_address& at);

}  // namespace taskdriver::peers
