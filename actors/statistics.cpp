// Sums counters and walks the slots of loaded projects.
#include "actors/statistics.hpp"

#include <algorithm>

namespace taskdriver::actors {
namespace {

void add_to(std::atomic<std::uint64_t>& counter, std::uint32_t n) {
  if (n != 0) counter.fetch_add(n, std::memory_order_relaxed);
}

double age_s(std::int64_t since_ms, std::int64_t now_ms) {
  return since_ms == 0 ? 0
                       : static_cast<double>(std::max<std::int64_t>(0, now_ms - since_ms)) / 1000;
}

}  // namespace

void statistics::add(const domain::decision_counts& counts) {
  add_to(created_, counts.created);
  add_to(claims_, counts.claims);
  add_to(resumes_, counts.resumes);
  add_to(completions_, counts.completions);
  add_to(failures_, counts.failures);
  add_to(retries_, counts.retries);
  add_to(expirations_, counts.expirations);
  add_to(logins_, counts.logins);
}

forwarding_totals statistics::forwarding() const {
  const auto of = [this](forward_outcome o) { return forwarded_[static_cast<int>(o)].load(); };
  return {.answered = of(forward_outcome::answered),
          .moved = of(forward_outcome::moved),
          .not_sent = of(forward_outcome::not_sent),
          .unknown = of(forward_outcome::unknown),
          .retries = retries_on_way_,
          .abandoned = abandoned_,
          .cancelled = cancelled_,
          .received = received_,
          .under_way = under_way_ + direct_,
          .waiting = waiting_};
}

std::shared_ptr<project_slot> statistics::open_slot(const std::string& project_name) {
  auto slot = std::make_shared<project_slot>(project_name);
  const std::lock_guard lock(mutex_);
  if (slots_.size() >= prune_at_) {
    std::erase_if(slots_, [](const auto& s) { return s.expired(); });
    prune_at_ = 2 * slots_.size() + 64;
  }
  slots_.push_back(slot);
  return slot;
}

std::vector<std::shared_ptr<project_slot>> statistics::live_slots() const {
  std::vector<std::shared_ptr<project_slot>> live;
  const std::lock_guard lock(mutex_);
  std::erase_if(slots_, [](const auto& slot) { return slot.expired(); });
  for (const auto& slot : slots_)
    if (auto held = slot.lock()) live.push_back(std::move(held));
  return live;
}

queue_totals statistics::totals(std::int64_t wall_ms) const {
  queue_totals t{.tasks_created = created_,
                 .claims = claims_,
                 .resumes = resumes_,
                 .completions = completions_,
                 .failures = failures_,
                 .retries = retries_,
                 .expirations = expirations_,
                 .logins = logins_,
                 .creations_waiting = creations_waiting_,
                 .projects_loaded = loaded_};
  for (const auto& slot : live_slots()) {
    t.sessions += slot->sessions;
    t.parked_polls += slot->parked_polls;
    t.queued += slot->queued;
    t.running += slot->running;
    t.oldest_queued_s = std::max(t.oldest_queued_s, age_s(slot->oldest_queued_ms, wall_ms));
  }
  return t;
}

std::vector<project_gauges> statistics::deepest(std::size_t limit, std::int64_t wall_ms) const {
  std::vector<project_gauges> gauges;
  for (const auto& slot : live_slots())
    gauges.push_back({.name = slot->name,
                      .queued = slot->queued,
                      .running = slot->running,
                      .oldest_queued_s = age_s(slot->oldest_queued_ms, wall_ms),
                      .parked_polls = slot->parked_polls});
  const auto deeper = [](const project_gauges& a, const project_gauges& b) {
    return a.queued != b.queued ? a.queued > b.queued : a.name < b.name;
  };
  const auto kept = std::min(limit, gauges.size());
  std::partial_sort(gauges.begin(), gauges.begin() + static_cast<std::ptrdiff_t>(kept),
                    gauges.end(), deeper);
  gauges.resize(kept);
  return gauges;
}

}  // namespace taskdriver::actors
