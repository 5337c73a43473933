// Login, repetition and error counting of agents.
#include "tools/tdbench/agent.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "tools/tdbench/json_scan.hpp"

namespace taskdriver::bench {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t reconnect_ns = second_ns / 10;
constexpr int retry_after_s_max = 60;

std::string render_login(const settings& bench, const agent_identity& identity) {
  std::string body = "{\"agentName\":";
  append_json_string(body, identity.name);
  body += ",\"projectId\":";
  append_json_string(body, identity.home.project_id);
  if (!bench.api_key.empty()) {
    body += ",\"apiKey\":";
    append_json_string(body, bench.api_key);
  }
  // With the admin token the budget of callers without a session does not apply.
  return render_request("POST", "/api/auth/login", {identity.server.host, bench.admin_token},
                        body + "}");
}

}  // namespace

agent::agent(lane& in, agent_identity identity)
    : lane_(in),
      identity_(std::move(identity)),
      connection_(in.loop, identity_.server, *this),
      login_request_(render_login(in.phase.bench, identity_)) {}

void agent::log_in() {
  ask(measure::login, login_request_, steady_ns());
}

void agent::ask(measure kind, std::string_view request, std::int64_t from_ns) {
  kind_ = kind;
  request_ = request;
  from_ns_ = from_ns;
  if (kind_ != measure::poll) ++lane_.in_flight;
  connection_.send(request_);
}

void agent::on_answer(const http_answer& answer) {
  if (kind_ != measure::poll) --lane_.in_flight;
  if (answer.status >= 200 && answer.status < 300) {
    if (kind_ == measure::login) return take_login(answer);
    return on_success(kind_, answer, steady_ns() - from_ns_);
  }
  lane_.stats.record_error(kind_, answer.status, answer.body);
  if (answer.status == 429 || answer.status == 503) {
    const int wait_s = answer.retry_after_s < 0 ? 1 : answer.retry_after_s;
    return repeat_in(std::clamp(wait_s, 0, retry_after_s_max) * second_ns);
  }
  if (kind_ != measure::login) return on_refusal(kind_);
  lane_.phase.fail("login refused with status " + std::to_string(answer.status) + ": " +
                   std::string(answer.body.substr(0, 300)));
}

void agent::on_broken(std::string_view why) {
  if (kind_ != measure::poll) --lane_.in_flight;
  lane_.stats.record_error(kind_, status_broken, why);
  repeat_in(reconnect_ns);
}

void agent::on_stray() {
  lane_.stats.record_error(kind_, status_broken, "an answer that nobody asked for");
}

void agent::repeat_in(std::int64_t delay_ns) {
  lane_.loop.call_at(steady_ns() + std::max(delay_ns, reconnect_ns), *this);
}

void agent::on_timer() {
  if (lane_.phase.stopping()) return on_stop();
  ask(kind_, request_, from_ns_);
}

bool agent::meant_for_another(const http_answer& answer) const {
  const auto name = find_string_field(answer.body, 2, "agentName");
  return name && *name != identity_.name;
}

void agent::take_login(const http_answer& answer) {
  const auto token = find_string_field(answer.body, 2, "token");
  if (!token) {
    return lane_.phase.fail("a login was answered without data.token: " +
                            std::string(answer.body.substr(0, 300)));
  }
  prepare({identity_.server.host, std::string(*token)});
  login_request_ = {};
  lane_.agent_logged_in();
}

}  // namespace taskdriver::bench
