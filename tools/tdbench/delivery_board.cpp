// Bookkeeping of sent and delivered tasks.
#include "tools/tdbench/delivery_board.hpp"

namespace taskdriver::bench {

delivery_board::delivery_board(std::uint64_t first_number, std::size_t capacity)
    : first_number_(first_number), entries_(capacity) {}

delivery_board::entry* delivery_board::find(std::uint64_t number) {
  const std::uint64_t index = number - first_number_;
  return index < entries_.size() ? &entries_[index] : nullptr;
}

void delivery_board::sent(std::uint64_t number, std::int64_t now_ns) {
  entry* const task = find(number);
  if (task == nullptr) return;
  task->sent_ns = now_ns;
  ++sent_count_;
}

std::optional<std::int64_t> delivery_board::delivered(std::uint64_t number, std::int64_t now_ns) {
  entry* const task = find(number);
  if (task == nullptr || task->sent_ns == 0) return std::nullopt;
  if (task->deliveries++ > 0) {
    ++repeated_count_;
    return std::nullopt;
  }
  ++delivered_count_;
  return now_ns - task->sent_ns;
}

}  // namespace taskdriver::bench
