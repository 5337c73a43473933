// Between a request under way and what travels of it, and which project's node it needs next.
#pragma once

#include "actors/local_messages.hpp"
#include "actors/peer_codec.hpp"

namespace taskdriver::actors {

inline constexpr project_number directory_number{0};

/// What can be said of the caller without a session: the admin token's rights, that a login needs
/// none, that nobody may do anything without either. False: it was answered. A session is checked
/// at its home.
bool let_in(routed_request& r);

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

/// True if deciding or answering it may take milliseconds, which grow with the project.
bool may_take_long(const operation& what);

request_route route_of(const routed_request& r, std::int64_t now_steady_ms);
/// For the node that serves it; empty if it must stay here.
std::string question_of(const routed_request& r, std::int64_t now_steady_ms);
/// Gives the client what the node `from` has rendered.
void give_visit_answer(routed_request& r, visit_answer a, cluster::node_name from);
/// Takes over how far the request has come on another node.
void follow(routed_request& r, request_route route, std::int64_t now_steady_ms);

}  // namespace taskdriver::actors
