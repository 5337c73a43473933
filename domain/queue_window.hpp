// The head of one project's queue in memory; the rest stays in the stored index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "domain/records.hpp"

namespace taskdriver::domain {

/// Memory stays bounded however long the queue is, and no scan of the index starts before places
/// that were served already (tombstones there would make each scan slower than the one before).
///
///   served ... | window (complete up to end_) | index only ...
///              ^ front                        ^ end_
///
/// Every queued place ≤ end_ is in the window; places > end_ may be in the index only.
/// Places whose change is not applied yet are remembered until it is: a scan does not see them.
/// A scan may also still bring places beyond end_ that are no longer queued; whoever takes the
/// front checks its task.
///
/// Thread: one owner (project_state).
class queue_window {
public:
  /// `size_max` ≥ 2.
  explicit queue_window(std::size_t size_max = limits::queue_window_max);

  /// A queue whose places are all stored and ≥ `head`; the first refill starts there.
  void start_at(queue_key head, bool empty);

  /// `ticket` is the number of the decision, see applied().
  void add(queue_key key, std::uint64_t ticket);
  void remove(queue_key key);
  /// All decisions up to `ticket` are visible to scans from now on.
  void applied(std::uint64_t ticket);

  /// The first place; nullopt when the window is empty (refill it if needs_refill()).
  std::optional<queue_key> front() const;
  /// The first `count` tasks of the window, or all.
  std::vector<sequence> first_places(std::size_t count) const;
  bool needs_refill() const { return window_.empty() && beyond_; }
  /// Where the scan for refill() starts, and how many places it should bring.
  queue_key refill_from() const { return end_; }
  bool refill_exclusive() const { return end_exclusive_; }
  std::size_t refill_limit() const { return size_max_ / 2; }
  /// `scanned` is what the index holds from refill_from() on, at most refill_limit() of them.
  void refill(const std::vector<queue_key>& scanned);

  /// No queued place is before this one: where a later start_at() may begin.
  queue_key head() const { return window_.empty() ? end_ : *window_.begin(); }
  std::size_t size() const { return window_.size(); }

private:
  void drop_tail();

  std::size_t size_max_;
  std::set<queue_key> window_;
  queue_key end_{0, sequence{0}};
  bool end_exclusive_ = false;
  bool beyond_ = false;                        // there may be places > end_
  std::map<queue_key, std::uint64_t> unseen_;  // added, not applied yet: by which ticket
  std::deque<std::pair<std::uint64_t, queue_key>> unseen_order_;  // ascending tickets
};

}  // namespace taskdriver::domain
