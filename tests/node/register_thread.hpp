// A register in memory for nodes with threads of their own: one thread runs it, by the real clock.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/memory_coordinator.hpp"

namespace taskdriver::testing {

/// Thread: any. Must outlive its coordinators. Owns: the thread and the register.
class register_thread {
public:
  register_thread();
  ~register_thread();

  std::unique_ptr<cluster::coordinator> connect(const cluster::node_name& node);
  /// The value of a key now; "" if it is absent.
  std::string value(const std::string& key);
  void set_reachable(const cluster::node_name& node, bool reachable);
  /// Calls `what` on the register's thread and waits for it.
  void call(const std::function<void(memory_register&)>& what);

private:
  class client;
  void post(std::function<void()> what);
  void run();

  memory_register register_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> waiting_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace taskdriver::testing
