// The way out of every answer, and the facts that are kept of a request until then.
#include "http/api_edge.hpp"

#include <algorithm>
#include <chrono>

#include "base/random.hpp"
#include "base/text.hpp"
#include "http/error_status.hpp"
#include "http/openapi.hpp"
#include "http/security_headers.hpp"

namespace taskdriver::http {
namespace {

constexpr std::size_t correlation_id_length_max = 128;
constexpr std::size_t correlation_id_random_bytes = 8;
constexpr std::size_t header_bytes_usual = 512;

bool may_be_in_correlation_id(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

std::vector<route_label> labels_of(std::span<const route> first, std::span<const route> second) {
  std::vector<route_label> labels;
  for (const auto table : {first, second})
    for (const auto& row : table)
      labels.push_back({std::string(row.method), std::string(row.pattern)});
  return labels;
}

std::function<server_numbers()> numbers_of(const std::function<server_numbers()>& listener,
                                           const std::atomic<std::uint64_t>& in_flight) {
  return [listener, &in_flight] {
    auto numbers = listener ? listener() : server_numbers{};
    numbers.requests_in_flight = in_flight.load(std::memory_order_relaxed);
    return numbers;
  };
}

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::string correlation_id_of(std::string_view header) {
  if (!header.empty() && header.size() <= correlation_id_length_max &&
      std::ranges::all_of(header, may_be_in_correlation_id))
    return std::string(header);
  return "req-" + to_hex(random_bytes(correlation_id_random_bytes));
}

void response_headers::add(std::string_view name, std::string_view value) {
  if (name == "Content-Type")
    answer_.content_type = value;
  else
    answer_.headers.add(name, value);
}

api_edge::api_edge(api_edge_options o, actors::task_api& t, const actors::node_status& n,
                   const time_source& clock)
    : options(std::move(o)),
      tasks(t),
      node(n),
      time(clock),
      routing(routes(), page_routes()),
      authentication(options.admin_token),
      openapi(openapi_document(routes())),
      started(clock.now()),
      limiter(options.limits),
      counters({.routes = labels_of(routes(), page_routes()),
                .tasks = &t,
                .node = &n,
                .server = numbers_of(options.listener, in_flight),
                .version = options.version,
                .node_id = options.node_id}),
      log_(options.log_requests) {
  response usual;
  response_headers headers(usual);
  add_security_headers({.tls = options.tls, .no_store = true}, headers);
  usual_security_ = std::move(usual.headers);
}

request_facts api_edge::facts_of(request& from) const {
  request_facts facts;
  facts.correlation_id = correlation_id_of(from.headers.find("X-Correlation-ID").value_or(""));
  facts.origin = from.headers.find("Origin").value_or("");
  facts.method = from.method;
  facts.target = std::move(from.target);
  facts.remote_ip = std::move(from.remote_ip);
  facts.received_ns = from.received_ns;
  facts.of_api = facts.target.starts_with("/api");
  return facts;
}

error_context api_edge::error_context_of(const request_facts& facts) const {
  return {facts.correlation_id, time.now().wall_ms};
}

response api_edge::error_response(const error_info& error, const request_facts& facts) const {
  auto [status, body] = render_error(error, error_context_of(facts));
  response answer{.status = status, .body = std::move(body)};
  // A refusal by the rate limit has its Retry-After beside the other rate headers.
  const auto retry_s = error.code == errc::rate_limited ? 0 : retry_after_s(error);
  if (retry_s > 0) answer.headers.add("Retry-After", std::to_string(retry_s));
  if (status == 401) answer.headers.add("WWW-Authenticate", "Bearer");
  return answer;
}

response api_edge::over_budget_response(const request_facts& facts) const {
  return error_response({errc::rate_limited, "Too many requests; try again later"}, facts);
}

void api_edge::settle_budget(const request_facts& facts, response& answer) {
  if (!facts.admitted) return;
  auto verdict = *facts.admitted;
  if (answer.status == 401 && facts.caller.who == rate_caller::kind::token)
    limiter.distrust(facts.caller.token);
  if (verdict.allowed && !verdict.settled)
    verdict = limiter.settle(facts.caller, verdict, facts.proven, time.now());
  // What failed before the token was looked at is answered as it is.
  if (facts.admitted->allowed && answer.status != 401) verdict.allowed = true;
  if (!verdict.allowed && answer.status == 401) answer = over_budget_response(facts);
  response_headers headers(answer);
  add_rate_headers(verdict, headers);
}

void api_edge::dress(const request_facts& facts, response& answer) const {
  answer.headers.reserve(answer.headers.lines().size() + header_bytes_usual);
  response_headers headers(answer);
  headers.add("X-Correlation-ID", facts.correlation_id);
  if (answer.headers.find("Cache-Control").empty())
    answer.headers.add(usual_security_);
  else
    add_security_headers({.tls = options.tls, .no_store = false}, headers);
  if (facts.preflight)
    options.cors.add_preflight_headers(facts.origin, headers);
  else if (facts.of_api)
    options.cors.add_headers(facts.origin, headers);
}

void api_edge::record(const request_facts& facts, int status) {
  const auto duration_us = facts.received_ns == 0
                               ? 0
                               : std::max<std::int64_t>(0, steady_ns() - facts.received_ns) / 1000;
  counters.count({facts.route_place, status, duration_us, facts.long_poll});
  log_.write({.method = facts.method,
              .target = facts.target,
              .status = status,
              .duration_us = duration_us,
              .correlation_id = facts.correlation_id,
              .remote_ip = facts.remote_ip,
              .agent = facts.agent,
              .forwarded_to = facts.forwarded_to});
}

void api_edge::finish(request_facts facts, response answer, responder& out) {
  settle_budget(facts, answer);  // may make it another answer
  dress(facts, answer);
  in_flight.fetch_sub(1, std::memory_order_relaxed);
  record(facts, answer.status);
  out.send(std::move(answer));
}

}  // namespace taskdriver::http
