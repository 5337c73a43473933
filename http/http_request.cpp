// From the actors' answer to the bytes of the response.
#include "http/http_request.hpp"

#include <exception>

#include "base/log.hpp"
#include "http/forwarded_request.hpp"

namespace taskdriver::http {

http_request::http_request(std::shared_ptr<api_edge> edge, request_facts facts, responder out,
                           reply_context context)
    : edge_(std::move(edge)),
      facts_(std::move(facts)),
      out_(std::move(out)),
      context_(std::move(context)) {}

http_request::~http_request() {
  if (!answered_)
    respond(error_info{errc::outcome_unknown,
                       "The server could not answer; whether the request was carried out is "
                       "unknown"});
}

void http_request::respond(actors::answer answer) {
  if (answered_) return;
  std::optional<domain::token_hash> new_token;
  if (answer.ok())
    if (const auto* login = std::get_if<domain::login_view>(&answer.value()))
      new_token = login->record.token;
  finish(new_token, rendered_response(answer));
}

void http_request::respond_rendered(actors::rendered_answer answer) {
  if (answered_) return;
  response from_there{.status = answer.status, .body = std::move(answer.body)};
  if (answer.retry_after_s > 0)
    from_there.headers.add("Retry-After", std::to_string(answer.retry_after_s));
  if (answer.status == 401) from_there.headers.add("WWW-Authenticate", "Bearer");
  finish(answer.new_token, std::move(from_there));
}

void http_request::finish(std::optional<domain::token_hash> new_token, response answer) {
  answered_ = true;
  facts_.agent = std::move(caller.agent);
  facts_.forwarded_to = std::move(caller.forwarded_to);
  facts_.proven = proven_by(new_token);
  edge_->finish(std::move(facts_), std::move(answer), out_);
}

std::string http_request::wire() const {
  if (!body_) return {};
  return encode_forwarded({.method = facts_.method,
                           .target = facts_.target,
                           .correlation_id = facts_.correlation_id,
                           .body = *body_});
}

/// The token that the rate limit may trust from now on: a login's new one, or the one that came.
std::optional<domain::token_hash> http_request::proven_by(
    std::optional<domain::token_hash> login) const {
  if (login) return login;
  const auto* session = std::get_if<actors::session_credentials>(&from);
  if (caller.authenticated && session) return session->token;
  return std::nullopt;
}

response http_request::rendered_response(const actors::answer& answer) {
  // Nothing in rendering throws but for want of memory; even then the client gets an answer.
  try {
    if (!answer.ok()) return edge_->error_response(answer.error(), facts_);
    auto [status, body] =
        render_reply(answer.value(), std::move(context_), edge_->error_context_of(facts_));
    return {.status = status, .body = std::move(body)};
  } catch (const std::exception& e) {
    log_event(log_level::error, "answer not rendered",
              {{"correlationId", facts_.correlation_id}, {"why", e.what()}});
    return edge_->error_response({errc::internal, "rendering failed"}, facts_);
  }
}

}  // namespace taskdriver::http
