// A queue with one thread behind it.
#include "http/large_requests.hpp"

#include <exception>
#include <utility>

#include "base/log.hpp"
#include "base/thread_name.hpp"

namespace taskdriver::http {

large_requests::large_requests(request_handler next)
    : next_(std::move(next)), thread_([this] { run(); }) {}

large_requests::~large_requests() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void large_requests::take(request&& what, responder out) {
  if (what.body.size() < large_bytes || !keep(what, out)) next_(std::move(what), std::move(out));
}

bool large_requests::keep(request& what, responder& out) {
  {
    const std::lock_guard lock(mutex_);
    const auto bytes = what.body.size();
    if (waiting_bytes_ + bytes > waiting_bytes_max) return false;
    queue_.push_back({std::move(what), std::move(out)});
    waiting_bytes_ += bytes;
  }
  wake_.notify_one();
  return true;
}

void large_requests::run() {
  name_this_thread("large-requests");
  while (true) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (stop_) return;
    auto [what, out] = std::move(queue_.front());
    queue_.pop_front();
    waiting_bytes_ -= what.body.size();
    lock.unlock();
    try {
      next_(std::move(what), std::move(out));
    } catch (const std::exception& e) {
      log_event(log_level::error, "request handler threw", {{"what", e.what()}});
    }
  }
}

}  // namespace taskdriver::http
