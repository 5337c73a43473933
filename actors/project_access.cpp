// Pure but for verify_session, which answers and touches the session.
#include "actors/project_access.hpp"

#include "domain/access.hpp"

namespace taskdriver::actors {

bool verify_session(routed_request& r, domain::project_state& state, std::int64_t wall_ms) {
  const auto& from = std::get<session_credentials>(r.request->from);
  const auto* session = state.use_session(from.token, wall_ms);
  if (!session) {
    r.request->respond(error_info{.code = errc::unauthenticated,
                                  .text = "The session token is not valid or has expired"});
    return false;
  }
  r.request->caller = {.authenticated = true, .agent = session->agent};
  r.who = {.admin = false, .with = *session, .home = state.number()};
  r.verified = true;
  return true;
}

bool is_for_another(const routed_request& r, project_number here) {
  const auto& to = r.request->to;
  if (std::holds_alternative<to_directory>(to)) return true;
  if (const auto* project = std::get_if<to_project>(&to)) return project->number != here;
  return std::holds_alternative<to_named_project>(to);
}

result<void> authorize_passing(const routed_request& r) {
  const auto* to = std::get_if<to_project>(&r.request->to);
  if (!to) return {};
  return domain::authorize(r.who, std::get<domain::command>(r.request->what), to->number);
}

bool names_project(const destination& to, const domain::project_state& state) {
  const auto* project = std::get_if<to_project>(&to);
  if (!state.exists()) return false;
  return !project || project->id == object_id{} || project->id == state.record().id;
}

}  // namespace taskdriver::actors
