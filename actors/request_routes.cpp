// Pure functions over routed_request.
#include "actors/request_routes.hpp"

#include <algorithm>

#include "domain/access.hpp"
#include "domain/repeat.hpp"

namespace taskdriver::actors {
namespace {

const domain::next_task* next_task_of(const operation& what) {
  const auto* command = std::get_if<domain::command>(&what);
  return command ? std::get_if<domain::next_task>(command) : nullptr;
}

bool is_login(const operation& what) {
  const auto* command = std::get_if<domain::command>(&what);
  return command && std::holds_alternative<domain::login>(*command);
}

}  // namespace

bool let_in(routed_request& r) {
  const auto& from = r.request->from;
  if (!r.verified && std::holds_alternative<admin_credentials>(from)) {
    r.request->caller.authenticated = true;
    r.who.admin = r.verified = true;
  }
  // An old session that comes with a login does not matter.
  if (is_login(r.request->what)) r.verified = true;
  if (!r.verified && !std::holds_alternative<session_credentials>(from))
    return r.request->respond(domain::authorize_directory({}).error()), false;
  const bool to_home_of_none = r.who.admin && std::holds_alternative<to_home>(r.request->to);
  if (to_home_of_none)
    r.request->respond(
        error_info{.code = errc::not_found, .text = "The admin token has no session"});
  return !to_home_of_none;
}

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

bool may_take_long(const operation& what) {
  const auto* command = std::get_if<domain::command>(&what);
  return command && (std::holds_alternative<domain::list_agents>(*command) ||
                     std::holds_alternative<domain::list_types>(*command) ||
                     std::holds_alternative<domain::cleanup_leases>(*command));
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

std::string question_of(const routed_request& r, std::int64_t now_steady_ms) {
  auto wire = r.request->wire();
  if (wire.empty()) return {};
  return encode_question(visit_question{
      .from = r.request->from, .route = route_of(r, now_steady_ms), .wire = std::move(wire)});
}

void give_visit_answer(routed_request& r, visit_answer a, cluster::node_name from) {
  r.request->caller = std::move(a.caller);
  r.request->caller.forwarded_to = std::move(from);
  r.request->respond_rendered(std::move(a.rendered));
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
