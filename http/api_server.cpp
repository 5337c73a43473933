// The path of a request from the HTTP server to the actors; it fits on these pages.
#include "http/api_server.hpp"

#include <exception>

#include "base/log.hpp"
#include "http/error_status.hpp"
#include "http/forwarded_request.hpp"
#include "http/http_request.hpp"
#include "http/monitoring_pages.hpp"
#include "http/url.hpp"

namespace taskdriver::http {
namespace {

bool is_long_poll(const actors::operation& what) {
  const auto* command = std::get_if<domain::command>(&what);
  const auto* next = command ? std::get_if<domain::next_task>(command) : nullptr;
  return next && next->wait_s > 0;
}

/// `row` is null where no route was found.
rate_caller caller_of(const route* row, const actors::credentials& who, std::string_view address) {
  rate_caller caller{.address = address_key_of(address)};
  if (std::holds_alternative<actors::admin_credentials>(who)) {
    caller.who = rate_caller::kind::admin;
  } else if (row && row->needs == access::open) {
    caller.who = rate_caller::kind::login;
  } else if (const auto* session = std::get_if<actors::session_credentials>(&who)) {
    caller.who = rate_caller::kind::token;
    caller.token = session->token;
  }
  return caller;
}

}  // namespace

api_server::api_server(api_edge_options options, actors::task_api& tasks,
                       const actors::node_status& node, const time_source& time)
    : edge_(std::make_shared<api_edge>(std::move(options), tasks, node, time)) {}

std::shared_ptr<const actors::request_reader> api_server::reader() const {
  return std::make_shared<forwarded_request_reader>(edge_);
}

void api_server::handle(request&& from, responder out) {
  edge_->in_flight.fetch_add(1, std::memory_order_relaxed);
  auto facts = edge_->facts_of(from);
  std::optional<response> done;
  try {
    done = answer(from, facts, out);
  } catch (const std::exception& e) {
    log_event(log_level::error, "request not handled",
              {{"correlationId", facts.correlation_id}, {"why", e.what()}});
    // When the actors have the request already, it answers by itself.
    if (out) done = edge_->error_response({errc::internal, "handling failed"}, facts);
  }
  if (done) edge_->finish(std::move(facts), std::move(*done), out);
}

response api_server::protocol_error(int status, std::string_view text) {
  request_facts facts;
  facts.correlation_id = correlation_id_of({});
  facts.of_api = true;  // nobody knows, and a page that asked wants to read the error
  response answer{.status = status,
                  .body = error_body(text, name_of_status(status), edge_->error_context_of(facts))};
  if (status == 503) answer.headers.add("Retry-After", "1");
  edge_->dress(facts, answer);
  edge_->record(facts, status);
  return answer;
}

std::optional<response> api_server::answer(request& from, request_facts& facts, responder& out) {
  const auto match = edge_->routing.match(facts.method, split(facts.target).path);
  facts.route_place = match.found ? match.place : finished_request::unmatched;
  auto who = edge_->authentication.identify(from.headers.find("Authorization").value_or(""));
  if (facts.of_api && !charge(match, who.from, facts)) return edge_->over_budget_response(facts);
  if (facts.method == "OPTIONS") return answer_options(match, from, facts);
  switch (match.outcome) {
    case route_outcome::found:
      if (match.found->page != local_page::none)
        return local_response(match.found->page, match.parameter, from, facts, *edge_);
      return ask_actors(match, from, std::move(who), facts, out);
    case route_outcome::malformed:
      return edge_->error_response({errc::bad_request, "The path has a malformed percent-escape"},
                                   facts);
    case route_outcome::method_not_allowed: {
      auto refused = edge_->error_response(
          {errc::method_not_allowed, "Method not allowed; allowed are " + match.allow}, facts);
      refused.headers.add("Allow", match.allow);
      return refused;
    }
    case route_outcome::options:
    case route_outcome::not_found:
      break;
  }
  return edge_->error_response(not_found_error("Path"), facts);
}

bool api_server::charge(const route_match& match, const actors::credentials& who,
                        request_facts& facts) {
  facts.caller = caller_of(match.found, who, facts.remote_ip);
  const auto now = edge_->time.now();
  const bool costs_nothing =
      facts.method == "OPTIONS" || (match.found && match.found->page != local_page::none);
  facts.admitted = costs_nothing ? edge_->limiter.show(facts.caller, now)
                                 : edge_->limiter.admit(facts.caller, now);
  return costs_nothing || facts.admitted->allowed;
}

response api_server::answer_options(const route_match& match, const request& from,
                                    request_facts& facts) const {
  response answer{.status = 204, .content_type = {}};
  const auto requested_method = from.headers.find("Access-Control-Request-Method").value_or("");
  facts.preflight =
      facts.of_api && cors_policy::is_preflight(facts.method, facts.origin, requested_method);
  if (facts.preflight || facts.target == "*") return answer;
  if (match.outcome != route_outcome::options)
    return edge_->error_response(not_found_error("Path"), facts);
  answer.headers.add("Allow", match.allow);
  return answer;
}

std::optional<response> api_server::ask_actors(const route_match& match, request& from,
                                               presented who, request_facts& facts,
                                               responder& out) {
  if (match.found->needs == access::session &&
      std::holds_alternative<actors::no_credentials>(who.from))
    return edge_->error_response({errc::unauthenticated, who.invalid ? "Invalid or expired token"
                                                                     : "Authentication required"},
                                 facts);
  auto work = match.found->handler({.parameter = match.parameter,
                                    .query = split(facts.target).query,
                                    .body = from.body,
                                    .from = who.from,
                                    .options = edge_->options.api});
  if (!work) return edge_->error_response(work.error(), facts);
  work->context.creates = match.found->creates;
  facts.long_poll = is_long_poll(work->what);
  auto asked = std::make_shared<http_request>(edge_, std::move(facts), std::move(out),
                                              std::move(work->context));
  if (edge_->options.in_cluster) asked->keep_body(std::move(from.body));
  asked->from = std::move(who.from);
  asked->to = std::move(work->to);
  asked->what = std::move(work->what);
  edge_->tasks.handle(std::move(asked));
  return std::nullopt;
}

}  // namespace taskdriver::http
