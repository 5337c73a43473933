// Between a request under way and what travels of it, and which project's node it needs next.
#pragma once

#include "actors/local_messages.hpp"
#include "actors/peer_codec.hpp"

namespace taskdriver::actors {

inline constexpr project_number directory_number{0};

/// The project (0: the directory) whose node has to look at the request next: its session's home
/// until the caller is verified.
project_number next_stop(const routed_request& r);
inline project_number next_stop(const project_order& o) {
  return o.number;
}
inline project_number next_stop(const status_changed&) {
  return directory_number;
}

/// True if nobody is harmed when the operation is carried out twice.
bool repeat_is_harmless(const operation& what);

/// Seconds that the request may wait for a task.
int wait_s_of(const operation& what);

request_route route_of(const routed_request& r, std::int64_t now_steady_ms);
/// Takes over how far the request has come on another node.
void follow(routed_request& r, request_route route, std::int64_t now_steady_ms);

}  // namespace taskdriver::actors
