// What every actor of a node needs from outside the actors: replicas, clocks, settings, counters.
#pragma once

#include <cstdint>

#include "actors/statistics.hpp"
#include "base/time.hpp"
#include "cluster/node_requests.hpp"
#include "cluster/shard_replicas.hpp"

namespace taskdriver::actors {

struct actor_settings {
  std::int64_t project_idle_ms = 300'000;  // after that an idle project leaves memory
  /// Between tries to finish a creation or deletion; until a project that was lost is loaded anew.
  std::int64_t retry_ms = 1'000;
  /// How long a request looks for a node that serves it, from when it first found none.
  std::int64_t patience_ms = 5'000;
};

/// Thread: any; all members are thread-safe or constant. Must outlive the actors.
struct node_context {
  cluster::shard_replicas& replicas;
  const time_source& time;
  statistics& counts;
  actor_settings settings;
  cluster::node_requests* peers = nullptr;  // null: a node by itself

  instant now() const { return time.now(); }
};

}  // namespace taskdriver::actors
