// What all requests of the API edge share: who may ask, how often, and how every answer leaves.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "actors/api.hpp"
#include "base/time.hpp"
#include "http/authentication.hpp"
#include "http/cors.hpp"
#include "http/handlers.hpp"
#include "http/metrics.hpp"
#include "http/rate_limiter.hpp"
#include "http/request_log.hpp"
#include "http/router.hpp"
#include "http/server/message.hpp"
#include "http/server/responder.hpp"

namespace taskdriver::http {

/// What the API is started with.
struct api_edge_options {
  std::string admin_token;  // empty = there is none
  api_options api;
  rate_limits limits;
  cors_policy cors;
  request_log_mode log_requests = request_log_mode::all;
  bool tls = false;         // answers carry Strict-Transport-Security
  bool in_cluster = false;  // requests may go to other nodes, so their bodies are kept
  std::string version;
  std::string node_id;
  /// Numbers of the listener for the metrics; called from any thread, may be empty.
  std::function<server_numbers()> listener;
};

/// What is kept of a request until its answer has left. A parked long poll costs this much.
struct request_facts {
  std::string method;
  std::string target;
  std::string origin;  // the header; empty if there is none
  std::string remote_ip;
  std::string correlation_id;
  std::string agent;         // of the session, once the actors have said so
  std::string forwarded_to;  // the node that carried it out, if it was another one
  std::int64_t received_ns = 0;
  std::size_t route_place = finished_request::unmatched;
  bool of_api = false;  // under /api: has CORS headers and a budget
  bool preflight = false;
  bool long_poll = false;
  rate_caller caller;
  /// Its budget; not set for what is not limited (monitoring, preflights).
  std::optional<rate_verdict> admitted;
  /// The token that was found valid.
  std::optional<domain::token_hash> proven;
};

/// Shared by all requests, also by those that outlive the api_server in a dying actor.
///
/// Thread: any, for every method.
/// Owns: limiter, metrics, log, router; the clock and the actors must outlive the last request.
class api_edge {
public:
  api_edge(api_edge_options options, actors::task_api& tasks, const actors::node_status& node,
           const time_source& time);

  request_facts facts_of(request& from) const;
  error_context error_context_of(const request_facts& facts) const;
  response error_response(const error_info& error, const request_facts& facts) const;
  response over_budget_response(const request_facts& facts) const;

  /// The only way out: charges the budget, adds the headers that every answer has, sends, counts
  /// and logs.
  void finish(request_facts facts, response answer, responder& out);
  /// Its parts, for answers that the HTTP server sends by itself.
  void dress(const request_facts& facts, response& answer) const;
  void record(const request_facts& facts, int status);

  const api_edge_options options;
  actors::task_api& tasks;
  const actors::node_status& node;
  const time_source& time;
  const router routing;
  const authenticator authentication;
  const std::string openapi;
  const instant started;
  rate_limiter limiter;
  http::metrics counters;
  std::atomic<std::uint64_t> in_flight{0};

private:
  void settle_budget(const request_facts& facts, response& answer);

  answer_fields usual_security_;  // of answers without a rule for caches of their own
  request_log log_;
};

/// Adds to the headers of an answer; a Content-Type goes to its own place.
class response_headers final : public header_sink {
public:
  explicit response_headers(response& answer) : answer_(answer) {}
  void add(std::string_view name, std::string_view value) override;

private:
  response& answer_;
};

/// The request's X-Correlation-ID if it is 1–128 of [A-Za-z0-9._-], else a new one (A5).
std::string correlation_id_of(std::string_view header);

}  // namespace taskdriver::http
