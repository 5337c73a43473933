// Counters of this node's queues, added to by the actors and read by the metrics.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/api.hpp"
#include "domain/decide.hpp"

namespace taskdriver::actors {

/// What one loaded project shows; written by its actor, read by scrapes.
struct project_slot {
  explicit project_slot(std::string project_name) : name(std::move(project_name)) {}
  void show(const domain::project_counters& counters, std::size_t sessions_open) {
    queued = counters.queued;
    running = counters.running;
    sessions = sessions_open;
  }
  const std::string name;
  std::atomic<std::uint64_t> queued = 0;
  std::atomic<std::uint64_t> running = 0;
  std::atomic<std::uint64_t> sessions = 0;
  std::atomic<std::uint64_t> parked_polls = 0;
  std::atomic<std::int64_t> oldest_queued_ms = 0;  // wall clock of its creation; 0 = none queued
};

/// What became of a question to another node.
enum class forward_outcome : std::uint8_t { answered, moved, not_sent, unknown };

/// Thread: any.
class statistics {
public:
  void add(const domain::decision_counts& counts);

  void count_forwarded(forward_outcome outcome) { ++forwarded_[static_cast<int>(outcome)]; }
  void count_retry() { ++retries_on_way_; }
  void count_abandoned() { ++abandoned_; }
  void count_cancelled() { ++cancelled_; }
  /// Requests under way to another node past the gateway.
  void count_direct(int difference) { direct_ += static_cast<std::uint64_t>(difference); }
  void count_received() { ++received_; }
  void show_creations_waiting(std::size_t requests) { creations_waiting_ = requests; }
  void show_forwarding(std::size_t under_way, std::size_t waiting) {
    under_way_ = under_way;
    waiting_ = waiting;
  }
  forwarding_totals forwarding() const;

  /// The slot is shown until its last owner lets go of it.
  std::shared_ptr<project_slot> open_slot(const std::string& project_name);

  /// Told by each project's actor when it has loaded its project, and when it ends.
  void count_loaded(int difference) { loaded_ += static_cast<std::size_t>(difference); }
  std::size_t loaded_projects() const { return loaded_; }

  queue_totals totals(std::int64_t wall_ms) const;
  std::vector<project_gauges> deepest(std::size_t limit, std::int64_t wall_ms) const;

private:
  std::vector<std::shared_ptr<project_slot>> live_slots() const;

  std::atomic<std::size_t> loaded_ = 0;
  std::atomic<std::uint64_t> created_ = 0;
  std::atomic<std::uint64_t> claims_ = 0;
  std::atomic<std::uint64_t> resumes_ = 0;
  std::atomic<std::uint64_t> completions_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
  std::atomic<std::uint64_t> retries_ = 0;
  std::atomic<std::uint64_t> expirations_ = 0;
  std::atomic<std::uint64_t> logins_ = 0;
  std::atomic<std::uint64_t> creations_waiting_ = 0;

  std::array<std::atomic<std::uint64_t>, 4> forwarded_{};  // by forward_outcome
  std::atomic<std::uint64_t> retries_on_way_ = 0;
  std::atomic<std::uint64_t> abandoned_ = 0;
  std::atomic<std::uint64_t> cancelled_ = 0;
  std::atomic<std::uint64_t> received_ = 0;
  std::atomic<std::uint64_t> under_way_ = 0;  // by the gateway
  std::atomic<std::uint64_t> direct_ = 0;
  std::atomic<std::uint64_t> waiting_ = 0;

  mutable std::mutex mutex_;
  mutable std::vector<std::weak_ptr<project_slot>> slots_;
  std::size_t prune_at_ = 64;  // slots, at which those of ended projects are dropped
};

}  // namespace taskdriver::actors
