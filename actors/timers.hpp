// Timers that end with their actor: those of actors that come and go, projects and agents.
#pragma once

#include <caf/fwd.hpp>
#include <chrono>
#include <functional>

namespace taskdriver::actors {

/// Calls `then` as a message of the actor to itself, when the time has passed and it still lives.
/// What delayed_send() has under way keeps its actor until then, which may be hours: a project that
/// left memory would leave some kilobytes behind each time.
/// Thread: the actor's.
void after_time(caf::event_based_actor& actor, std::chrono::milliseconds time,
                std::function<void()> then);

}  // namespace taskdriver::actors
