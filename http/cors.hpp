// Cross-origin rules: which web pages may call the API, and the answers to their preflights.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/header_sink.hpp"

namespace taskdriver::http {

/// Never allows credentials (cookies): tokens travel in the Authorization header.
///
/// Thread: any. Owns: the list of origins.
class cors_policy {
public:
  /// `origins`: {"*"} = every page; {} = none; else "https://host[:port]" each.
  /// Fails: validation, an origin that is none.
  static result<cors_policy> make(std::vector<std::string> origins);
  /// Every page may call.
  cors_policy() : any_(true) {}

  /// An OPTIONS request that a browser asks before the real one. `requested_method` is its
  /// Access-Control-Request-Method header. Answer it with 204 and add_preflight_headers().
  static bool is_preflight(std::string_view method, std::string_view origin,
                           std::string_view requested_method);

  /// For every answer under /api; `origin` is the request's header, empty if it has none.
  void add_headers(std::string_view origin, header_sink& out) const;
  void add_preflight_headers(std::string_view origin, header_sink& out) const;

private:
  bool add_origin(std::string_view origin, header_sink& out) const;

  bool any_ = false;
  std::vector<std::string> origins_;  // lower case
};

}  // namespace taskdriver::http
