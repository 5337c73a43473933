// Requests about sessions: login, logout, what the session is, and its extension.
#include "base/random.hpp"
#include "base/text.hpp"
#include "http/authentication.hpp"
#include "http/error_status.hpp"
#include "http/json_body.hpp"
#include "http/request_fields.hpp"

namespace taskdriver::http::handlers {
namespace {

namespace limits = domain::limits;

constexpr std::size_t project_ref_bytes_max = 200;
constexpr std::size_t session_id_random_bytes = 12;

result<api_work> about_session(const api_call& call, domain::command command) {
  if (is_admin(call.from)) return not_found_error("Session of the admin token");
  return api_work{actors::to_home{}, std::move(command)};
}

}  // namespace

result<api_work> login(const api_call& call) {
  auto body = json_body::parse(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::login login;
  login.agent = in.required_text("agentName", domain::rules::agent_name);
  auto project =
      in.required_text("projectId", text_bounds{"Project id", project_ref_bytes_max, false});
  login.allow_multiple = in.boolean("allowMultipleSessions").value_or(false);
  login.resume_existing = in.boolean("resumeExisting").value_or(false);
  if (!errors.empty()) return validation_error(std::move(errors));
  reply_context context;
  context.session_secret = random_bytes(session_secret_bytes);
  login.token = hash_of(context.session_secret);
  login.session_id = "session-" + to_hex(random_bytes(session_id_random_bytes));
  login.lifetime_ms = call.options.session_lifetime_ms;
  return api_work{actors::to_named_project{std::move(project)}, std::move(login),
                  std::move(context)};
}

result<api_work> logout(const api_call& call) {
  return about_session(call, domain::logout{});
}

result<api_work> get_session(const api_call& call) {
  return about_session(call, domain::get_session{});
}

result<api_work> update_session(const api_call& call) {
  auto body = json_body::parse(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  const auto extend_s =
      in.whole("extendBy", {"Extension in seconds", 1, limits::session_extend_s_max});
  if (!extend_s && errors.empty()) in.object_to("extendBy", "Extension in seconds is required");
  in.refuse_others(
      {"sessionId", "agentName", "projectId", "createdAt", "expiresAt", "lastActivity"});
  if (!errors.empty()) return validation_error(std::move(errors));
  return about_session(call, domain::extend_session{*extend_s * 1000});
}

}  // namespace taskdriver::http::handlers
