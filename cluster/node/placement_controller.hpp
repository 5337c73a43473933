// The one node that plans where replicas go: elected in the register, it writes wishes there.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>

#include "base/time.hpp"
#include "cluster/coordinator/coordinator.hpp"
#include "cluster/node/placement.hpp"
#include "cluster/node/register_mirror.hpp"

namespace taskdriver::cluster {

/// Looks at the register's copy each second while it is elected, and writes what plan_placement()
/// wishes, each key by compare-and-swap: two controllers at once, or an operator's change in
/// between, harm nobody.
///
/// Thread: its own. Owns: what it has seen of absent nodes. All it is given must outlive stop().
class placement_controller {
public:
  struct surroundings {
    coordinator& judge;
    const register_mirror& mirror;
    register_keys keys;
    node_name self;
    const time_source& time;
    placement_settings settings = {};
    bool founded = false;  // the cluster began with one node's directory
  };
  explicit placement_controller(const surroundings& around);
  ~placement_controller();

  void start();
  void stop();

private:
  void run();
  void plan();
  placement_view look(const cluster_picture& picture);
  void write(const cluster_picture& picture, const placement_plan& plan);

  const surroundings around_;
  std::shared_ptr<std::atomic<bool>> elected_ = std::make_shared<std::atomic<bool>>(false);
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;

  // Of the thread.
  std::map<node_name, std::int64_t> gone_since_ms_;
  std::int64_t first_up_ms_ = 0;  // 0: nobody was up yet
  std::thread thread_;
};

}  // namespace taskdriver::cluster
