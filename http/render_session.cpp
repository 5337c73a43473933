// The JSON of sessions, logins, agents at work, and lists of wrong fields.
#include "http/authentication.hpp"
#include "http/render_entities.hpp"

namespace taskdriver::http {

void write_session(json_writer& out, const domain::session_view& session) {
  const auto& record = session.record;
  out.text("sessionId", record.id);
  out.text("agentName", record.agent);
  out.id("projectId", session.project);
  out.time("createdAt", record.created_ms);
  out.time("expiresAt", record.expires_ms);
  out.time("lastActivity", record.last_activity_ms);
}

void write_login(json_writer& out, const domain::login_view& login, std::string_view secret) {
  out.text("sessionId", login.record.id);
  out.text("token", make_session_token(login.project.project(), secret));
  out.time("expiresAt", login.record.expires_ms);
  out.text("agentName", login.record.agent);
  out.id("projectId", login.project);
}

void write_agent(json_writer& out, const domain::agent_view& agent) {
  out.text("agentName", agent.agent);
  out.id("taskId", agent.task);
  out.time("assignedAt", agent.assigned_ms);
  out.time("leaseExpiresAt", agent.lease_expires_ms);
  out.text("status", "running");  // who holds nothing is not listed
}

void write_field_errors(json_writer& out, const std::vector<field_error>& fields) {
  out.open_array("validationDetails");
  for (const auto& field : fields) {
    out.open_object();
    out.text("field", field.field);
    out.text("message", field.message);
    out.raw_if("value", field.value_json);
    out.close_object();
  }
  out.close_array();
}

}  // namespace taskdriver::http
