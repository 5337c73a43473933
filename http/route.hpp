// One row of the API: method, path pattern, who may call, what it reads and answers. The table in
// routes.cpp is the only list of routes: router, OpenAPI and metrics are all made from it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.hpp"

namespace taskdriver::http {

struct api_call;  // handlers.hpp: the request with its path parameter, query and body
struct api_work;  // handlers.hpp: what the actors are asked, and what rendering needs to know

/// Translates a call into an operation for the actors; the fields it finds wrong are in the error.
using route_handler = result<api_work> (*)(const api_call& call);

enum class access : std::uint8_t {
  open,     // no token needed: login, monitoring, documentation
  session,  // a session's or the admin token
};

/// What http/ answers by itself, without the actors.
enum class local_page : std::uint8_t {
  none,  // the actors answer
  health,
  metrics,
  metrics_json,
  docs,  // the page and its files
  openapi,
};

struct route {
  std::string_view method = {};   // "GET"
  std::string_view pattern = {};  // "/api/projects/{projectId}/tasks"; at most one parameter
  access needs = access::session;
  route_handler handler = nullptr;  // null for a local page
  /// For OpenAPI: operation id, one-line summary, tag, schema names ("" = none).
  std::string_view operation_id = {};
  std::string_view summary = {};
  std::string_view tag = {};
  std::string_view request_schema = {};
  std::string_view response_schema = {};
  bool creates = false;  // 201 instead of 200
  local_page page = local_page::none;
};

/// Every route that the actors answer, in the order of the API reference. Thread: any.
std::span<const route> routes();

/// The routes that http/ answers by itself: monitoring and documentation. Thread: any.
std::span<const route> page_routes();

}  // namespace taskdriver::http
