// A client's request as it travels to the node that serves it, and its answer on that node.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/api.hpp"
#include "http/api_edge.hpp"

namespace taskdriver::http {

/// What another node needs of an HTTP request: it runs the same handler on it. Who asks travels
/// beside it, already checked; the admin token itself never does. Views live as long as the bytes.
struct forwarded_request {
  std::string_view method;
  std::string_view target;
  std::string_view correlation_id;
  std::string_view body;
};

/// Grammar in docs/node_messages.md. The decoder takes any bytes. Thread: any.
std::string encode_forwarded(const forwarded_request& request);
std::optional<forwarded_request> decode_forwarded(std::string_view bytes);

/// The receiving end. Budgets, logs and counters are with the node that has the client.
///
/// Thread: any. Owns: its part of the api_edge.
class forwarded_request_reader final : public actors::request_reader {
public:
  explicit forwarded_request_reader(std::shared_ptr<const api_edge> edge)
      : edge_(std::move(edge)) {}
  result<actors::read_request> read(std::string_view wire,
                                    const actors::credentials& from) const override;

private:
  std::shared_ptr<const api_edge> edge_;
};

}  // namespace taskdriver::http
