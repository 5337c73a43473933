// Stands between a client and etcd: passes on, swallows answers, or answers by itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace taskdriver::testing {

/// One thread; a connection that breaks on one side is closed on the other.
/// Thread: any.
class tcp_proxy {
public:
  /// To 127.0.0.1:`to_port`.
  explicit tcp_proxy(std::uint16_t to_port);
  ~tcp_proxy();

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// What the server says is thrown away, until the next call.
  void swallow_answers(bool swallow) { swallow_ = swallow; }
  /// Every connection is closed as soon as it said something, with `answer` before that if it is
  /// not empty; the server hears nothing.
  void answer_by_itself(std::string answer);
  /// As in the beginning.
  void pass_on() { own_ = false; }
  /// Closes all connections.
  void cut() { cut_ = true; }
  /// Bytes that the server was sent, since the start.
  std::uint64_t bytes_passed() const { return passed_; }

private:
  struct pair {
    int client = -1;
    int server = -1;
  };
  void run();
  void accept_one();
  bool pump(const pair& p, short client_events, short server_events);

  const std::uint16_t to_port_;
  std::uint16_t port_ = 0;  // before listener_, which sets it
  int listener_ = -1;
  std::vector<pair> pairs_;
  std::atomic<bool> swallow_ = false, cut_ = false, own_ = false, stop_ = false;
  std::atomic<std::uint64_t> passed_ = 0;
  std::mutex mutex_;
  std::string own_answer_;  // under mutex_
  std::thread thread_;
};

}  // namespace taskdriver::testing
