// One row of the API: method, path pattern, who may call, what it reads and answers. The table in
// routes.cpp is the only list of routes: router, OpenAPI and metrics are all made from it.
#pragma once

#include <span>
#include <string_view>

#include "actors/messages.hpp"
#include "base/result.hpp"

namespace taskdriver::http {

struct api_call;  // handlers.hpp: the request with its path parameters, query and JSON body

/// Translates a call into an operation for the actors; the fields it finds wrong are in the error.
using route_handler = result<actors::operation> (*)(const api_call& call,
                                                    actors::destination& to);

enum class access : std::uint8_t {
  open,      // no token needed: login
  session,   // a session's or the admin token
};

struct route {
  std::string_view method;   // "GET"
  std::string_view pattern;  // "/api/projects/{projectId}/tasks"
  access needs = access::session;
  route_handler handler = nullptr;
  /// For OpenAPI: operation id, one-line summary, tag, schema names ("" = none).
  std::string_view operation_id;
  std::string_view summary;
  std::string_view tag;
  std::string_view request_schema;
  std::string_view response_schema;
  bool creates = false;  // 201 instead of 200
};

/// Every /api route, in the order of the API reference.
std::span<const route> routes();

}  // namespace taskdriver::http
