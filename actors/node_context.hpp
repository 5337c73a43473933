// What every actor of a node needs from outside the actors: replicas, clocks, settings, counters.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "actors/lent_threads.hpp"
#include "actors/project_doors.hpp"
#include "actors/statistics.hpp"
#include "base/time.hpp"
#include "cluster/node_requests.hpp"
#include "cluster/shard_replicas.hpp"
#include "domain/limits.hpp"

namespace taskdriver::actors {

struct actor_settings {
  std::int64_t project_idle_ms = 300'000;  // after that an idle project leaves memory
  /// Beyond it, those used least recently leave as soon as they can (loaded_projects.hpp).
  std::size_t loaded_projects_max = 2'000;
  /// Between tries to finish a creation or deletion; until a project that was lost is loaded anew.
  std::int64_t retry_ms = 1'000;
  /// How long a request looks for a node that serves it, from when it first found none.
  std::int64_t patience_ms = 5'000;
  /// Creations under way, and those that wait until there is room; one more gets 503.
  std::size_t creations_under_way_bytes_max = std::size_t{12} << 20;
  std::size_t creations_waiting_bytes_max = std::size_t{64} << 20;
  std::int64_t creation_wait_ms = 10'000;
  /// Task records that projects keep in memory although the store has them, all projects together:
  /// each gets the same share, up to domain::limits::recent_bytes_max.
  std::size_t recent_bytes = std::size_t{32} << 20;
};

/// Thread: any; all members are thread-safe or constant. Must outlive the actors.
struct node_context {
  cluster::shard_replicas& replicas;
  const time_source& time;
  statistics& counts;
  lent_threads& lent;
  project_doors& doors;
  actor_settings settings;
  cluster::node_requests* peers = nullptr;  // null: a node by itself

  instant now() const { return time.now(); }
  /// What one project may keep of its stored tasks: however many are loaded, all of it is bounded.
  std::size_t recent_share() const {
    constexpr std::size_t few_tasks = 2048;  // bytes; less would be pushed out before its use
    const auto share = settings.recent_bytes / std::max<std::size_t>(1, counts.loaded_projects());
    return share < few_tasks ? 0 : std::min(share, domain::limits::recent_bytes_max);
  }
};

}  // namespace taskdriver::actors
