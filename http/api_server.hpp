// The API on top of the HTTP server: takes each request to its route, and every answer back.
#pragma once

#include <memory>

#include "http/api_edge.hpp"
#include "http/server/options.hpp"

namespace taskdriver::http {

/// ```
///   request --> facts --> budget? --> route? --> caller? --> handler --> actors
///                            |           |          |           |           |
///                           429      204, 404,     401      400, 404,   respond():
///                            |       405, pages     |          422       200, 4xx, 503
///                            +-----------+----------+-----------+-----------+
///                                                   |
///                  api_edge::finish: headers, budget, metrics, log, send
/// ```
/// Thread: any. Never blocks.
/// Owns: its part of the api_edge, which lives on as long as a request of it does.
class api_server {
public:
  /// `tasks`, `node` and `time` must outlive the server and all requests.
  api_server(api_edge_options options, actors::task_api& tasks, const actors::node_status& node,
             const time_source& time);

  /// For the HTTP server: its request_handler. Answers exactly once, always.
  void handle(request&& from, responder out);

  /// For the HTTP server: its error_response_hook, for what is no HTTP request at all.
  response protocol_error(int status, std::string_view text);

  /// For the actors: reads the requests of other nodes' clients. It may outlive the server.
  std::shared_ptr<const actors::request_reader> reader() const;

private:
  /// The answer when no actor is needed; nullopt when one has been asked and `out` is gone.
  std::optional<response> answer(request& from, request_facts& facts, responder& out);
  response answer_options(const route_match& match, const request& from,
                          request_facts& facts) const;
  std::optional<response> ask_actors(const route_match& match, request& from, presented who,
                                     request_facts& facts, responder& out);
  /// False if the caller's budget is used up.
  bool charge(const route_match& match, const actors::credentials& who, request_facts& facts);

  const std::shared_ptr<api_edge> edge_;
};

}  // namespace taskdriver::http
