// The window of the queue's head: small cases, and random ones against a plain set.
#include "domain/queue_window.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

#include "domain/task_moves.hpp"

namespace taskdriver::domain {
namespace {

queue_key place(std::uint64_t task) {
  return place_of(sequence{task});
}

/// A queue as the project sees it: the window over an index that is some decisions behind.
class lagging_queue {
public:
  explicit lagging_queue(std::size_t size_max) : size_max_(size_max), window_(size_max) {}

  void add(queue_key key) {
    window_.add(key, ++ticket_);
    pending_.push_back({ticket_, key, true});
    truth_.insert(key);
  }
  void remove(queue_key key) {
    window_.remove(key);
    pending_.push_back({++ticket_, key, false});
    truth_.erase(key);
  }
  void apply_one() {
    if (pending_.empty()) return;
    const auto [ticket, key, added] = pending_.front();
    if (added)
      index_.insert(key);
    else
      index_.erase(key);
    pending_.pop_front();
    head_in_store_ = pending_.empty() ? window_.head() : head_in_store_;
    window_.applied(ticket);
  }
  /// As project_state and next_task do: refill, and drop places that are not queued any more.
  std::optional<queue_key> front() {
    for (;;) {
      while (window_.needs_refill()) refill();
      const auto first = window_.front();
      if (!first || truth_.contains(*first)) return first;
      window_.remove(*first);
    }
  }
  /// A new primary with everything applied.
  void restart() {
    while (!pending_.empty()) apply_one();
    window_ = queue_window(size_max_);
    window_.start_at(head_in_store_, truth_.empty());
  }
  const queue_window& window() const { return window_; }
  const std::set<queue_key>& truth() const { return truth_; }

private:
  struct pending_change {
    std::uint64_t ticket = 0;
    queue_key key;
    bool added = false;
  };

  void refill() {
    std::vector<queue_key> scanned;
    auto at = window_.refill_exclusive() ? index_.upper_bound(window_.refill_from())
                                         : index_.lower_bound(window_.refill_from());
    for (; at != index_.end() && scanned.size() < window_.refill_limit(); ++at)
      scanned.push_back(*at);
    window_.refill(scanned);
  }

  std::size_t size_max_;
  queue_window window_;
  std::uint64_t ticket_ = 0;
  std::set<queue_key> truth_;
  std::set<queue_key> index_;
  std::deque<pending_change> pending_;
  queue_key head_in_store_{0, sequence{0}};
};

/// Adds, takes, brings back, removes, commits and restarts at random.
class random_queue {
public:
  explicit random_queue(unsigned seed) : random_(seed), queue_(2 + below(6)) {}

  lagging_queue& queue() { return queue_; }

  void change() {
    switch (below(8)) {
      case 0:
        return take();
      case 1:
        return bring_back();
      case 2:
        return remove();
      case 3:
        for (auto n = below(8); n > 0; --n) queue_.apply_one();
        return;
      case 4:
        if (below(10) == 0) queue_.restart();
        return;
      default:
        queue_.add(place(++newest_));
    }
  }

private:
  std::size_t below(std::size_t n) { return random_() % n; }

  void take() {
    const auto first = queue_.front();
    if (!first) return;
    taken_.push_back(*first);
    queue_.remove(*first);
  }
  void bring_back() {
    if (taken_.empty()) return;
    std::swap(taken_[below(taken_.size())], taken_.back());
    queue_.add(taken_.back());
    taken_.pop_back();
  }
  void remove() {
    const auto& all = queue_.truth();
    if (all.empty()) return;
    const queue_key any = *std::next(all.begin(), static_cast<std::ptrdiff_t>(below(all.size())));
    queue_.remove(any);
  }

  std::mt19937 random_;
  lagging_queue queue_;
  std::vector<queue_key> taken_;
  std::uint64_t newest_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_queue_window)

BOOST_AUTO_TEST_CASE(serves_in_order_whatever_the_order_of_adding) {
  queue_window window(8);
  for (const auto task : {3u, 1u, 2u}) window.add(place(task), task);
  BOOST_TEST((window.front() == place(1)));
  window.remove(place(1));
  BOOST_TEST((window.front() == place(2)));
}

BOOST_AUTO_TEST_CASE(never_holds_more_than_its_size_and_asks_for_the_rest) {
  queue_window window(4);
  for (std::uint64_t task = 1; task <= 10; ++task) window.add(place(task), task);
  BOOST_TEST(window.size() == 4u);
  for (std::uint64_t task = 1; task <= 4; ++task) window.remove(place(task));
  BOOST_TEST(window.needs_refill());
  BOOST_TEST((window.refill_from() == place(4)));
  BOOST_TEST(window.refill_exclusive());
}

BOOST_AUTO_TEST_CASE(keeps_the_half_in_front_when_a_place_that_came_back_makes_it_too_large) {
  queue_window window(4);
  for (std::uint64_t task = 2; task <= 9; ++task) window.add(place(task), task);
  window.add(place(1), 10);
  BOOST_TEST(window.size() == 2u);
  BOOST_TEST((window.front() == place(1)));
  BOOST_TEST((window.head() == place(1)));
}

BOOST_AUTO_TEST_CASE(does_not_lose_a_place_equal_to_its_start_that_no_scan_can_see_yet) {
  // Task 2 was running when the node stopped, task 3 was beyond the window; then 2 came back.
  queue_window window(2);
  window.start_at(place(2), false);
  window.add(place(2), 1);
  BOOST_REQUIRE(window.needs_refill());
  window.refill({place(3)});
  while (window.needs_refill()) window.refill({});
  BOOST_TEST((window.front() == place(2)));
}

BOOST_AUTO_TEST_CASE(that_starts_empty_needs_no_scan) {
  queue_window window(2);
  window.start_at(place(5), true);
  BOOST_TEST(!window.needs_refill());
  BOOST_TEST(!window.front());
  window.add(place(5), 1);
  BOOST_TEST((window.front() == place(5)));
}

BOOST_AUTO_TEST_CASE(agrees_with_a_set_under_random_histories) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      random_queue random(seed);
      for (int step = 0; step < 300; ++step) {
        random.change();
        if (step % 3 == 0) continue;  // some changes come before anybody asks
        auto& queue = random.queue();
        const auto first = queue.front();
        const bool same = queue.truth().empty() ? !first : first == *queue.truth().begin();
        if (!same) BOOST_FAIL("another front at step " << step);
        if (first && queue.window().head() > *first) BOOST_FAIL("head passed it, step " << step);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
