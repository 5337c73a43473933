// Requests of agents at work: claim, complete, fail, extend; and the views of a project's queue.
#include <algorithm>
#include <cmath>

#include "base/random.hpp"
#include "base/text.hpp"
#include "http/error_status.hpp"
#include "http/json_body.hpp"
#include "http/request_fields.hpp"

namespace taskdriver::http::handlers {
namespace {

namespace limits = domain::limits;

constexpr std::size_t project_ref_bytes_max = 200;
constexpr double ms_per_minute = 60'000;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<domain::lease_token> parse_lease_token(std::string_view text) {
  domain::lease_token token{};
  if (text.size() != token.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    token[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return token;
}

domain::rules::objection lease_token_rule(std::string_view text) {
  if (parse_lease_token(text)) return std::nullopt;
  return "Lease token must be 32 hexadecimal digits";
}

domain::lease_token new_lease_token() {
  domain::lease_token token{};
  const auto bytes = random_bytes(token.size());
  for (std::size_t i = 0; i < token.size(); ++i) token[i] = static_cast<std::uint8_t>(bytes[i]);
  return token;
}

/// Who says that it holds the task, and how it proves it: the same in complete, fail and extend.
template <class Command>
void read_holder(const api_call& call, field_reader& in, Command& command) {
  const auto errors_before = in.errors().size();
  const auto agent = in.text("agentName", domain::rules::agent_name);
  // A session's own agent is filled in by the actors, which know it; the admin has none.
  if (!agent && is_admin(call.from) && in.errors().size() == errors_before)
    in.object_to("agentName", "Agent name is required");
  command.agent = agent.value_or("");
  if (const auto token = in.text("leaseToken", lease_token_rule))
    command.proof.token = parse_lease_token(*token);
  if (const auto epoch = in.whole("leaseEpoch", {"Lease epoch", 1, INT64_MAX}))
    command.proof.epoch = static_cast<std::uint64_t>(*epoch);
}

/// Whole milliseconds, at least one; fractions of minutes are fine. 0 after an error.
std::int64_t read_extension_ms(field_reader& in) {
  const auto errors_before = in.errors().size();
  const auto minutes =
      in.positive("extensionMinutes", "Extension in minutes", limits::lease_minutes_max);
  if (minutes) return std::max<std::int64_t>(1, std::llround(*minutes * ms_per_minute));
  if (in.errors().size() == errors_before)
    in.object_to("extensionMinutes", "Extension in minutes is required");
  return 0;
}

template <class Command>
result<api_work> about_queue(const api_call& call) {
  auto project = project_in_path(call);
  if (!project) return project.error();
  return api_work{*project, Command{}};
}

}  // namespace

result<api_work> list_agents(const api_call& call) {
  return about_queue<domain::list_agents>(call);
}

result<api_work> peek_next_task(const api_call& call) {
  return about_queue<domain::peek_next_task>(call);
}

result<api_work> cleanup_leases(const api_call& call) {
  return about_queue<domain::cleanup_leases>(call);
}

result<api_work> next_task(const api_call& call) {
  auto body = json_body::parse_optional(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::next_task next;
  if (auto objection = domain::rules::agent_name(call.parameter))
    in.object_to("agentName", std::move(*objection),
                 is_utf8(call.parameter) ? shown_text(call.parameter) : std::string());
  next.agent = call.parameter;
  next.token = new_lease_token();
  constexpr text_bounds project_bounds{"Project id", project_ref_bytes_max, false};
  // A session's own project is the default; the admin has none.
  next.project_ref = is_admin(call.from) ? in.required_text("projectId", project_bounds)
                                         : in.text("projectId", project_bounds).value_or("");
  next.wait_s = static_cast<int>(
      in.whole("waitSeconds", {"Wait in seconds", 0, limits::wait_s_max}).value_or(0));
  if (!errors.empty()) return validation_error(std::move(errors));
  if (is_admin(call.from))
    return api_work{actors::to_named_project{next.project_ref}, std::move(next)};
  return api_work{actors::to_home{}, std::move(next)};
}

result<api_work> complete_task(const api_call& call) {
  const auto id = object_in_path(call, "Task");
  if (!id) return id.error();
  auto body = json_body::parse_optional(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::complete_task complete;
  complete.id = *id;
  read_holder(call, in, complete);
  complete.result = in.any("result", "Result");
  complete.outputs = in.any("outputs", "Outputs");
  if (!errors.empty()) return validation_error(std::move(errors));
  return api_work{home_of(*id), std::move(complete)};
}

result<api_work> fail_task(const api_call& call) {
  const auto id = object_in_path(call, "Task");
  if (!id) return id.error();
  auto body = json_body::parse(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::fail_task fail;
  fail.id = *id;
  read_holder(call, in, fail);
  fail.error = in.required_text("error", text_bounds{"Error", limits::error_bytes_max, false});
  fail.can_retry = in.boolean("canRetry").value_or(true);
  if (!errors.empty()) return validation_error(std::move(errors));
  return api_work{home_of(*id), std::move(fail)};
}

result<api_work> extend_lease(const api_call& call) {
  const auto id = object_in_path(call, "Task");
  if (!id) return id.error();
  auto body = json_body::parse(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::extend_lease extend;
  extend.id = *id;
  read_holder(call, in, extend);
  extend.extension_ms = read_extension_ms(in);
  if (!errors.empty()) return validation_error(std::move(errors));
  return api_work{home_of(*id), std::move(extend)};
}

}  // namespace taskdriver::http::handlers
