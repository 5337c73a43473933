// Adds to the window what lies before its end; everything else is left to the next refill.
#include "domain/queue_window.hpp"

#include <algorithm>
#include <iterator>

#include "base/check.hpp"

namespace taskdriver::domain {

queue_window::queue_window(std::size_t size_max) : size_max_(size_max) {
  TASKDRIVER_CHECK(size_max >= 2, "half a window holds at least one place");
}

void queue_window::start_at(queue_key head, bool empty) {
  TASKDRIVER_CHECK(window_.empty(), "a window is started once");
  end_ = head;
  end_exclusive_ = false;
  beyond_ = !empty;
}

void queue_window::add(queue_key key, std::uint64_t ticket) {
  unseen_.insert_or_assign(key, ticket);
  unseen_order_.emplace_back(ticket, key);
  const bool inside = key < end_ || (key == end_ && end_exclusive_);
  if (!inside && (beyond_ || window_.size() >= size_max_)) {
    beyond_ = true;
    return;
  }
  window_.insert(key);
  if (!inside) {
    end_ = key;
    end_exclusive_ = true;
  }
  if (window_.size() > size_max_) drop_tail();
}

/// A place that came back made the window too large: its last half is left to the index.
void queue_window::drop_tail() {
  const auto keep = size_max_ / 2;
  const auto last_kept = std::next(window_.begin(), static_cast<std::ptrdiff_t>(keep) - 1);
  end_ = *last_kept;
  end_exclusive_ = true;
  window_.erase(std::next(last_kept), window_.end());
  beyond_ = true;
}

void queue_window::remove(queue_key key) {
  window_.erase(key);
  unseen_.erase(key);
}

void queue_window::applied(std::uint64_t ticket) {
  while (!unseen_order_.empty() && unseen_order_.front().first <= ticket) {
    const auto& [added_by, key] = unseen_order_.front();
    const auto found = unseen_.find(key);
    // A place that came back since then waits for its own, later ticket.
    if (found != unseen_.end() && found->second == added_by) unseen_.erase(found);
    unseen_order_.pop_front();
  }
}

std::optional<queue_key> queue_window::front() const {
  if (window_.empty()) return std::nullopt;
  return *window_.begin();
}

std::vector<sequence> queue_window::first_places(std::size_t count) const {
  std::vector<sequence> tasks;
  tasks.reserve(std::min(count, window_.size()));
  for (auto at = window_.begin(); at != window_.end() && tasks.size() < count; ++at)
    tasks.push_back(at->task);
  return tasks;
}

void queue_window::refill(const std::vector<queue_key>& scanned) {
  TASKDRIVER_CHECK(needs_refill(), "a window is refilled only when it ran empty");
  const bool all_seen = scanned.size() < refill_limit();
  window_.insert(scanned.begin(), scanned.end());
  auto at = end_exclusive_ ? unseen_.upper_bound(end_) : unseen_.lower_bound(end_);
  for (; at != unseen_.end(); ++at)
    if (all_seen || at->first < scanned.back()) window_.insert(at->first);
  beyond_ = !all_seen;
  if (window_.empty()) return;  // end_ stays: nothing was missed before it
  end_ = *window_.rbegin();
  end_exclusive_ = true;
}

}  // namespace taskdriver::domain
