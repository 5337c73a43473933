// What other threads hand to the io thread: new peers, finished dials, lanes that have frames.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "cluster/transport/peer_sockets.hpp"

namespace taskdriver::cluster {

struct dial_result {
  peer_address to;
  std::uint64_t session;
  result<lane_sockets> sockets;
};

/// Wakes the io thread once per batch, however many hand something in.
/// Thread: any. Owns: what nobody took; sockets that come after stop() are closed.
class io_inbox {
public:
  struct contents {
    std::optional<std::vector<peer_address>> peers;  // the latest
    std::vector<dial_result> dialled;
    std::vector<std::int64_t> filled;  // connections whose outbox was empty before
  };

  /// `wake` is called under the lock; it must only post.
  void start(std::function<void()> wake) {
    const std::lock_guard held(lock_);
    wake_ = std::move(wake);
  }
  /// Nothing wakes any more, from the moment it returns.
  void stop() {
    const std::lock_guard held(lock_);
    wake_ = nullptr;
    waiting_ = {};
  }

  void peers(std::vector<peer_address> wanted) {
    put([&] { waiting_.peers = std::move(wanted); });
  }
  void dialled(dial_result done) {
    put([&] { waiting_.dialled.push_back(std::move(done)); });
  }
  void filled(std::int64_t connection) {
    put([&] { waiting_.filled.push_back(connection); });
  }

  contents take() {
    const std::lock_guard held(lock_);
    awake_ = false;
    return std::exchange(waiting_, {});
  }

private:
  template <class Put>
  void put(Put what) {
    const std::lock_guard held(lock_);
    if (!wake_) return;
    what();
    if (!std::exchange(awake_, true)) wake_();
  }

  std::mutex lock_;
  std::function<void()> wake_;
  contents waiting_;
  bool awake_ = false;
};

}  // namespace taskdriver::cluster
