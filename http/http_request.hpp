// One HTTP request on its way through the actors: the api_request that http/ gives them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actors/messages.hpp"
#include "http/api_edge.hpp"
#include "http/render_reply.hpp"

namespace taskdriver::http {

/// Renders the answer on the thread that gives it and sends it off. Destroyed unanswered (its actor
/// died), it answers 503: whether a write was done is then unknown.
///
/// Thread: one owner at a time, any.
/// Owns: the duty to answer.
class http_request final : public actors::api_request {
public:
  http_request(std::shared_ptr<api_edge> edge, request_facts facts, responder out,
               reply_context context);
  ~http_request() override;

  void respond(actors::answer answer) override;
  void respond_rendered(actors::rendered_answer answer) override;
  bool gone() const override { return out_.gone(); }
  std::string wire() const override;

  /// Without it the request stays on this node.
  void keep_body(std::string body) { body_ = std::move(body); }

private:
  response rendered_response(const actors::answer& answer);
  std::optional<domain::token_hash> proven_by(std::optional<domain::token_hash> login) const;
  void finish(std::optional<domain::token_hash> new_token, response answer);

  const std::shared_ptr<api_edge> edge_;
  request_facts facts_;
  responder out_;
  reply_context context_;
  std::optional<std::string> body_;
  bool answered_ = false;
};

}  // namespace taskdriver::http
