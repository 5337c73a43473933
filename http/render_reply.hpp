// The second half of every API operation: from the actors' reply to the status and the JSON body.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "domain/replies.hpp"

namespace taskdriver::http {

/// How much of a cluster an answer shows.
enum class cluster_part { summary, nodes, shards };

/// What the handler of a request leaves for the rendering of its answer.
struct reply_context {
  bool creates = false;        // the route's: 201 for what was made
  std::string session_secret;  // login: the secret half of the new token
  /// Bulk creation: the items that could not be read, ascending.
  std::vector<domain::bulk_error> unread_items;
  cluster_part part = cluster_part::summary;
};

/// What every error body carries.
struct error_context {
  std::string_view correlation_id;
  std::int64_t wall_ms = 0;
};

struct rendered {
  int status = 200;
  std::string body;  // JSON
};

/// Field names, order and status are those of the API reference and of docs/design.md A5, A6,
/// A14–A16. Pure. Thread: any.
rendered render_reply(const domain::reply& reply, reply_context context,
                      const error_context& errors);

/// The one shape of all errors (A5). Thread: any.
rendered render_error(const error_info& error, const error_context& context);
/// The same body for an error of the HTTP server's own; `code`: name_of_status().
std::string error_body(std::string_view text, std::string_view code, const error_context& context);

}  // namespace taskdriver::http
