// A watch that remembers what it was told and lets a test wait for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "cluster/coordinator/coordinator.hpp"

namespace taskdriver::testing {

/// How long a test waits for what must come; only a broken program waits so long.
inline constexpr std::chrono::seconds patience{20};

/// Thread: any.
class recording_watch final : public cluster::watch_observer {
public:
  void changed(const std::vector<cluster::register_item>& items) override {
    const std::lock_guard lock(mutex_);
    for (const auto& item : items) {
      log_.push_back(item.key + (item.at.revision == 0 ? " gone" : "=" + item.at.value));
      if (item.at.revision == 0) {
        now_.erase(item.key);
      } else {
        now_[item.key] = item.at.value;
      }
    }
    told_.notify_all();
  }
  void snapshot(const cluster::register_snapshot& all) override {
    const std::lock_guard lock(mutex_);
    ++snapshots_;
    now_.clear();
    for (const auto& item : all.items) now_[item.key] = item.at.value;
    told_.notify_all();
  }

  /// Whether `fulfilled(keys and values as the watch shows them)` came true.
  bool wait(const std::function<bool(const std::map<std::string, std::string>&)>& fulfilled) {
    std::unique_lock lock(mutex_);
    return told_.wait_for(lock, patience, [&] { return snapshots_ > 0 && fulfilled(now_); });
  }
  bool wait_value(const std::string& key, const std::string& value) {
    return wait([&](const auto& now) { return now.count(key) != 0 && now.at(key) == value; });
  }
  bool wait_gone(const std::string& key) {
    return wait([&](const auto& now) { return now.count(key) == 0; });
  }
  std::vector<std::string> log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  int snapshots() const {
    const std::lock_guard lock(mutex_);
    return snapshots_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable told_;
  std::vector<std::string> log_;
  std::map<std::string, std::string> now_;
  int snapshots_ = 0;
};

}  // namespace taskdriver::testing
