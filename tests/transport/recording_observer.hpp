// What a node was told by its network, as a list that tests compare.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cluster/transport/peer_network.hpp"

namespace taskdriver::testing {

/// Writes down every call: "+b" connected, "-b" disconnected, "b:text" a frame ("b/text" on bulk).
/// Thread: any.
class recording_observer final : public cluster::peer_observer {
public:
  void connected(const cluster::peer_identity& peer) override { note("+" + peer.node, &peer); }
  void disconnected(const cluster::peer_identity& peer) override { note("-" + peer.node, nullptr); }
  void received(const cluster::peer_identity& from, cluster::peer_lane lane,
                std::string frame) override {
    std::unique_lock held(lock_);
    changed_.wait(held, [this] { return !stopped_; });
    calls_.push_back(from.node + (lane == cluster::peer_lane::main ? ":" : "/") +
                     frame.substr(1, 40));
    bytes_ += frame.size();
    changed_.notify_all();
  }

  /// Keeps received() from returning until start_reading().
  void stop_reading() { set_stopped(true); }
  void start_reading() { set_stopped(false); }

  /// Waits until `enough` holds of the calls so far. False: not within a generous deadline.
  bool wait(const std::function<bool(const std::vector<std::string>&)>& enough) {
    std::unique_lock held(lock_);
    return changed_.wait_for(held, std::chrono::seconds(20), [&] { return enough(calls_); });
  }
  bool wait_for(const std::string& call) {
    return wait([&](const std::vector<std::string>& calls) {
      return std::find(calls.begin(), calls.end(), call) != calls.end();
    });
  }
  std::vector<std::string> take() {
    const std::lock_guard held(lock_);
    return std::exchange(calls_, {});
  }
  std::size_t bytes() const {
    const std::lock_guard held(lock_);
    return bytes_;
  }
  cluster::peer_identity identity(const std::string& node) const {
    const std::lock_guard held(lock_);
    return peers_.at(node);
  }

private:
  void note(std::string call, const cluster::peer_identity* peer) {
    const std::lock_guard held(lock_);
    calls_.push_back(std::move(call));
    if (peer) peers_[peer->node] = *peer;
    changed_.notify_all();
  }
  void set_stopped(bool stopped) {
    const std::lock_guard held(lock_);
    stopped_ = stopped;
    changed_.notify_all();
  }

  mutable std::mutex lock_;
  std::condition_variable changed_;
  std::vector<std::string> calls_;
  std::map<std::string, cluster::peer_identity> peers_;
  std::size_t bytes_ = 0;
  bool stopped_ = false;
};

}  // namespace taskdriver::testing
