// Appointments of batches, drawn from the history's randomness.
#include "tests/simulation/state_backlog.hpp"

#include <iterator>

#include "tests/simulation/world.hpp"

namespace taskdriver::simulation {

void state_backlog::gather() {
  const auto& rules = world_.rules();
  if (entries_.empty() || hastened_) return;
  if (entries_.size() >= rules.gathered_entries_max) return hasten();
  if (appointed_) return;
  const auto longest = world_.kind() ? rules.gathering_kind_max : rules.gathering_max;
  appoint(world_.random().between(longest / 4, longest));
}

void state_backlog::hasten() {
  if (entries_.empty() || hastened_) return;
  hastened_ = true;
  appoint(soon_us());
}

/// A thread that has to wake up and a write into memory, or a write that the store keeps waiting.
std::int64_t state_backlog::soon_us() {
  auto& random = world_.random();
  if (!world_.kind() && random.per_mille(world_.rules().stalls))
    return random.between(100'000, 2'000'000);
  return random.between(20, 2'000);
}

void state_backlog::appoint(std::int64_t in_us) {
  appointed_ = true;
  world_.add(in_us, at_node{node_.index, node_.life, state_due{shard_, ++appointment_}});
}

/// Now and then a part only: what waits may be more than one batch.
std::vector<cluster::entry> state_backlog::take(std::uint64_t appointment) {
  if (appointment != appointment_) return {};
  auto& random = world_.random();
  const auto all = entries_.size();
  const auto count = all > 1 && random.one_in(4) ? 1 + random.below(all) : all;
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<cluster::entry> batch(std::make_move_iterator(entries_.begin()),
                                    std::make_move_iterator(end));
  entries_.erase(entries_.begin(), end);
  appointed_ = hastened_ = false;
  hasten();
  return batch;
}

std::vector<cluster::entry> state_backlog::take_all() {
  std::vector<cluster::entry> all(std::make_move_iterator(entries_.begin()),
                                  std::make_move_iterator(entries_.end()));
  entries_.clear();
  return all;
}

}  // namespace taskdriver::simulation
