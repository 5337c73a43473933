// The short way of a request to a project that is loaded here, past the gateway.
#pragma once

#include <atomic>
#include <caf/actor.hpp>
#include <cstdint>
#include <shared_mutex>
#include <unordered_map>

#include "actors/lent_threads.hpp"
#include "actors/local_messages.hpp"
#include "base/ids.hpp"

namespace taskdriver::actors {

/// Grows with every use of any project; no two are the same.
using use_stamp = std::uint64_t;

/// The actors of loaded projects, in step with the gateway's table, for the threads that bring
/// requests (entrance.hpp).
///
/// What entered before close() returned is in the actor's mailbox then, so nothing enters behind
/// project_may_end. A door is no promise that the project is served here: its actor looks.
///
/// Thread: any; open, close and clear: the gateway's. Owns: handles of actors, until clear().
class project_doors {
public:
  explicit project_doors(lent_threads& lent) : lent_(lent) {}

  /// False: it has no door, and `r` is what it was.
  bool enter(project_number number, routed_request& r);

  /// Its actor from now on. Counts as a use.
  use_stamp open(project_number number, caf::actor actor);
  /// It has loaded: what enters from now on may be decided by the thread that brings it. False: the
  /// door is not open yet.
  bool loaded(project_number number);
  void close(project_number number);
  void clear();
  /// Of its last use; 0 without a door.
  use_stamp last_use(project_number number);
  /// A use that came another way.
  use_stamp use(project_number number);

private:
  struct door {
    caf::actor actor;
    std::atomic<use_stamp> last_use;
    std::atomic<bool> loaded = false;
  };
  use_stamp next_stamp() { return uses_.fetch_add(1, std::memory_order_relaxed) + 1; }

  lent_threads& lent_;
  // Of the table; shared also while something enters, which takes a microsecond: even with 100,000
  // requests/s it is free most of the time, so that doors can be closed.
  std::shared_mutex mutex_;
  std::unordered_map<project_number, door> doors_;
  std::atomic<use_stamp> uses_ = 0;
};

}  // namespace taskdriver::actors
