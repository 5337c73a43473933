// The codec of forwarded requests, their way to the handler, and the rendering of their answers.
#include "http/forwarded_request.hpp"

#include <exception>

#include "base/log.hpp"
#include "base/wire.hpp"
#include "http/error_status.hpp"
#include "http/url.hpp"

namespace taskdriver::http {
namespace {

constexpr std::uint8_t version = 1;

/// Renders as http_request does on the client's node, headers aside.
class forwarded_renderer final : public actors::answer_renderer {
public:
  forwarded_renderer(std::shared_ptr<const api_edge> edge, std::string correlation_id,
                     reply_context context)
      : edge_(std::move(edge)),
        correlation_id_(std::move(correlation_id)),
        context_(std::move(context)) {}

  actors::rendered_answer render(const actors::answer& answer) override {
    try {
      if (!answer.ok()) return rendered_error(answer.error());
      auto [status, body] = render_reply(answer.value(), std::move(context_), context_of_error());
      return {.status = status, .body = std::move(body)};
    } catch (const std::exception& e) {
      log_event(log_level::error, "answer not rendered",
                {{"correlationId", correlation_id_}, {"why", e.what()}});
      return rendered_error({errc::internal, "rendering failed"});
    }
  }

private:
  error_context context_of_error() const { return {correlation_id_, edge_->time.now().wall_ms}; }
  actors::rendered_answer rendered_error(const error_info& error) const {
    auto [status, body] = render_error(error, context_of_error());
    return {.status = status, .body = std::move(body), .retry_after_s = retry_after_s(error)};
  }

  std::shared_ptr<const api_edge> edge_;
  std::string correlation_id_;
  reply_context context_;
};

}  // namespace

std::string encode_forwarded(const forwarded_request& request) {
  std::string bytes;
  bytes.reserve(request.method.size() + request.target.size() + request.correlation_id.size() +
                request.body.size() + 16);
  byte_writer out(bytes);
  out.u8(version);
  out.text(request.method);
  out.text(request.target);
  out.text(request.correlation_id);
  out.raw(request.body);
  return bytes;
}

std::optional<forwarded_request> decode_forwarded(std::string_view bytes) {
  byte_reader in(bytes);
  if (in.u8() != version) return std::nullopt;
  forwarded_request request;
  request.method = in.text();
  request.target = in.text();
  request.correlation_id = in.text();
  request.body = in.rest();
  if (!in.finished()) return std::nullopt;
  return request;
}

result<actors::read_request> forwarded_request_reader::read(std::string_view wire,
                                                            const actors::credentials& from) const {
  const auto request = decode_forwarded(wire);
  if (!request)
    return error_info{errc::internal, "A request of another node that is none of this version"};
  const auto target = split(request->target);
  const auto match = edge_->routing.match(request->method, target.path);
  if (!match.found || !match.found->handler) return not_found_error("Path");
  auto work = match.found->handler({.parameter = match.parameter,
                                    .query = target.query,
                                    .body = request->body,
                                    .from = from,
                                    .options = edge_->options.api});
  if (!work) return work.error();
  work->context.creates = match.found->creates;
  return actors::read_request{
      std::move(work->to), std::move(work->what),
      std::make_unique<forwarded_renderer>(edge_, std::string(request->correlation_id),
                                           std::move(work->context))};
}

}  // namespace taskdriver::http
