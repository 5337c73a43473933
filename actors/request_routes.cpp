// Pure functions over routed_request.
#include "actors/request_routes.hpp"

#include <algorithm>

#include "domain/repeat.hpp"

namespace taskdriver::actors {
namespace {

const domain::next_task* next_task_of(const operation& what) {
  const auto* command = std::get_if<domain::command>(&what);
  return command ? std::get_if<domain::next_task>(command) : nullptr;
}

}  // namespace

project_number next_stop(const routed_request& r) {
  if (!r.verified)
    if (const auto* session = std::get_if<session_credentials>(&r.request->from))
      return session->home;
  if (r.let_by) return directory_number;
  const auto* to = std::get_if<to_project>(&r.request->to);
  if (to) return to->number;
  return std::holds_alternative<to_home>(r.request->to) ? r.who.home : directory_number;
}

bool repeat_is_harmless(const operation& what) {
  if (const auto* command = std::get_if<domain::command>(&what))
    return domain::repeat_is_harmless(*command);
  return std::holds_alternative<domain::list_projects>(what);
}

int wait_s_of(const operation& what) {
  const auto* next = next_task_of(what);
  return next ? next->wait_s : 0;
}

request_route route_of(const routed_request& r, std::int64_t now_steady_ms) {
  const auto wait_ms =
      r.deadline_ms == 0 ? 0 : std::max<std::int64_t>(1, r.deadline_ms - now_steady_ms);
  return {.to = r.request->to,
          .who = r.who,
          .caller = r.request->caller,
          .verified = r.verified,
          .let_by = r.let_by,
          .wait_ms = wait_ms};
}

void follow(routed_request& r, request_route route, std::int64_t now_steady_ms) {
  r.request->to = std::move(route.to);
  r.who = std::move(route.who);
  r.request->caller.authenticated = route.caller.authenticated;
  r.request->caller.agent = std::move(route.caller.agent);
  r.verified = route.verified;
  r.let_by = route.let_by;
  r.deadline_ms = route.wait_ms == 0 ? 0 : now_steady_ms + route.wait_ms;
}

}  // namespace taskdriver::actors
