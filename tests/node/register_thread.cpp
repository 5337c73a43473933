// Hands every call to the register's thread.
#include "tests/node/register_thread.hpp"

#include <chrono>
#include <future>
#include <utility>

#include "base/time.hpp"

namespace taskdriver::testing {

/// A node's coordinator: the real one lives and dies on the register's thread.
class register_thread::client final : public cluster::coordinator {
public:
  client(register_thread& home, cluster::node_name node) : home_(home), node_(std::move(node)) {
    home_.call([this](memory_register& shared) { real_ = shared.connect(node_); });
  }
  ~client() override {
    home_.call([this](memory_register&) { real_.reset(); });
  }
  void read(const std::string& key, read_done done) override {
    home_.post([this, key, done = std::move(done)] { real_->read(key, done); });
  }
  void list(const std::string& prefix, list_done done) override {
    home_.post([this, prefix, done = std::move(done)] { real_->list(prefix, done); });
  }
  void change(const std::string& key, std::int64_t expected, std::string value,
              change_done done) override {
    home_.post([this, key, expected, value = std::move(value), done = std::move(done)] {
      real_->change(key, expected, value, done);
    });
  }
  void remove(const std::string& key, std::int64_t expected, change_done done) override {
    home_.post(
        [this, key, expected, done = std::move(done)] { real_->remove(key, expected, done); });
  }
  void watch(const std::string& prefix,
             std::shared_ptr<cluster::watch_observer> observer) override {
    home_.post([this, prefix, observer = std::move(observer)] { real_->watch(prefix, observer); });
  }
  void announce(const std::string& key, std::string value, int ttl_s) override {
    home_.post(
        [this, key, value = std::move(value), ttl_s] { real_->announce(key, value, ttl_s); });
  }
  void campaign(const std::string& key, std::string value, int ttl_s,
                std::function<void(bool)> changed) override {
    home_.post([this, key, value = std::move(value), ttl_s, changed = std::move(changed)] {
      real_->campaign(key, value, ttl_s, changed);
    });
  }
  bool reachable() const override {
    bool reachable = false;
    home_.call([&](memory_register&) { reachable = real_->reachable(); });
    return reachable;
  }

private:
  register_thread& home_;
  const cluster::node_name node_;
  std::unique_ptr<memory_coordinator> real_;
};

register_thread::register_thread() : thread_([this] { run(); }) {}

register_thread::~register_thread() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::unique_ptr<cluster::coordinator> register_thread::connect(const cluster::node_name& node) {
  return std::make_unique<client>(*this, node);
}

std::string register_thread::value(const std::string& key) {
  std::string value;
  call([&](memory_register& shared) { value = shared.peek(key).value; });
  return value;
}

void register_thread::set_reachable(const cluster::node_name& node, bool reachable) {
  call([&](memory_register& shared) { shared.set_reachable(node, reachable); });
}

void register_thread::call(const std::function<void(memory_register&)>& what) {
  std::promise<void> done;
  post([&] {
    what(register_);
    done.set_value();
  });
  done.get_future().wait();
}

void register_thread::post(std::function<void()> what) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(what));
  }
  wake_.notify_one();
}

void register_thread::run() {
  const auto began = system_time().now().steady_ms;
  for (;;) {
    std::vector<std::function<void()>> taken;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, std::chrono::milliseconds(5),
                     [this] { return stop_ || !waiting_.empty(); });
      if (stop_ && waiting_.empty()) return;
      std::swap(taken, waiting_);
    }
    for (const auto& what : taken) what();
    register_.advance(system_time().now().steady_ms - began);
  }
}

}  // namespace taskdriver::testing
