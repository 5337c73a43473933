// What will happen in a simulated history, in order of time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace taskdriver::simulation {

/// Events of the same time come in the order in which they were added. Places are used again, so
/// that a long history allocates little.
///
/// Thread: one. Owns: the events.
template <class Event>
class agenda {
public:
  bool empty() const { return heap_.empty(); }
  /// Of the next event, which there must be.
  std::int64_t next_us() const { return heap_.front().at_us; }

  void add(std::int64_t at_us, Event what) {
    std::uint32_t place = 0;
    if (free_.empty()) {
      place = static_cast<std::uint32_t>(events_.size());
      events_.push_back(std::move(what));
    } else {
      place = free_.back();
      free_.pop_back();
      events_[place] = std::move(what);
    }
    heap_.push_back({at_us, order_++, place});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  Event take() {
    TASKDRIVER_CHECK(!heap_.empty(), "an event is taken only if there is one");
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const auto place = heap_.back().place;
    heap_.pop_back();
    free_.push_back(place);
    return std::move(events_[place]);
  }

private:
  struct key {
    std::int64_t at_us = 0;
    std::uint64_t order = 0;
    std::uint32_t place = 0;
  };
  static bool later(const key& a, const key& b) {
    return a.at_us != b.at_us ? a.at_us > b.at_us : a.order > b.order;
  }

  std::vector<key> heap_;
  std::vector<Event> events_;
  std::vector<std::uint32_t> free_;
  std::uint64_t order_ = 0;
};

}  // namespace taskdriver::simulation
