// The store's state of health and its changes.
#include "storage/store_health.hpp"

#include "base/log.hpp"

namespace taskdriver::storage {
namespace {

constexpr int full_retry_after_s = 5;

error_info refusal(const std::string& why) {
  return {errc::unavailable, why, {}, full_retry_after_s};
}

}  // namespace

void store_health::fail(const error_info& why) {
  {
    std::lock_guard lock(mutex_);
    if (!failed_why_.empty()) return;
    failed_why_ = why.text;
    update();
  }
  log_event(log_level::error, "storage failed", {{"reason", why.text}});
  if (on_fatal_) on_fatal_(why);
}

void store_health::set_full(const std::string& why) {
  std::lock_guard lock(mutex_);
  if (full_why_.empty()) log_event(log_level::error, "disk full", {{"reason", why}});
  full_why_ = why;
  update();
}

void store_health::clear_full() {
  std::lock_guard lock(mutex_);
  if (!full_why_.empty()) log_event(log_level::info, "disk has room again");
  full_why_.clear();
  update();
}

void store_health::set_low(const std::string& why) {
  std::lock_guard lock(mutex_);
  if (low_why_.empty() != why.empty()) {
    log_event(why.empty() ? log_level::info : log_level::error,
              why.empty() ? "free space is enough again" : "free space is low", {{"reason", why}});
  }
  low_why_ = why;
  update();
}

void store_health::close() {
  std::lock_guard lock(mutex_);
  closing_ = true;
  update();
}

result<void> store_health::check_writable() const {
  if (writable()) return {};
  std::lock_guard lock(mutex_);
  if (!failed_why_.empty()) return error_info{errc::internal, failed_why_};
  if (closing_) return refusal("storage is closing");
  if (!full_why_.empty()) return refusal(full_why_);
  if (!low_why_.empty()) return refusal(low_why_);
  return {};
}

bool store_health::full() const {
  std::lock_guard lock(mutex_);
  return !full_why_.empty();
}

bool store_health::low() const {
  std::lock_guard lock(mutex_);
  return !low_why_.empty();
}

bool store_health::failed() const {
  std::lock_guard lock(mutex_);
  return !failed_why_.empty();
}

bool store_health::wait_until_resumed() {
  std::unique_lock lock(mutex_);
  const auto gave_up = [&] { return closing_ || !waiting_allowed_ || !failed_why_.empty(); };
  changed_.wait(lock, [&] { return full_why_.empty() || gave_up(); });
  return full_why_.empty() && !closing_ && failed_why_.empty();
}

void store_health::allow_waiting(bool allowed) {
  std::lock_guard lock(mutex_);
  waiting_allowed_ = allowed;
  update();
}

void store_health::update() {
  writable_ = full_why_.empty() && low_why_.empty() && failed_why_.empty() && !closing_;
  changed_.notify_all();
}

}  // namespace taskdriver::storage
