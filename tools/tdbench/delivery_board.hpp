// When each task was sent and how often it arrived: judges delivery to parked long-polls.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace taskdriver::bench {

/// Thread: any, all state is atomic: tasks are sent and received by different threads.
class delivery_board {
public:
  /// For tasks numbered `first_number` up to `first_number + capacity`; others are ignored.
  delivery_board(std::uint64_t first_number, std::size_t capacity);

  /// A create for this task leaves now.
  void sent(std::uint64_t number, std::int64_t now_ns);
  /// A poll got this task. Returns the time since it was sent, the first time it arrives.
  std::optional<std::int64_t> delivered(std::uint64_t number, std::int64_t now_ns);
  /// A poll came back without a task although its waiting time was not over.
  void answered_early() { ++early_; }

  std::uint64_t sent_count() const { return sent_count_; }
  std::uint64_t delivered_count() const { return delivered_count_; }
  /// Deliveries of tasks that had been delivered before.
  std::uint64_t repeated_count() const { return repeated_count_; }
  std::uint64_t early_count() const { return early_; }

private:
  struct entry {
    std::atomic<std::int64_t> sent_ns{0};
    std::atomic<std::uint32_t> deliveries{0};
  };

  entry* find(std::uint64_t number);

  std::uint64_t first_number_;
  std::vector<entry> entries_;
  std::atomic<std::uint64_t> sent_count_{0};
  std::atomic<std::uint64_t> delivered_count_{0};
  std::atomic<std::uint64_t> repeated_count_{0};
  std::atomic<std::uint64_t> early_{0};
};

}  // namespace taskdriver::bench
