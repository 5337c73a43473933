// Cross-origin headers for answers and preflights.
#include "http/cors.hpp"

#include <algorithm>
#include <cctype>

namespace taskdriver::http {
namespace {

constexpr std::string_view exposed_headers =
    "X-Correlation-ID, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After";
constexpr std::string_view allowed_methods = "GET, POST, PUT, DELETE, OPTIONS";
constexpr std::string_view allowed_headers = "Authorization, Content-Type, X-Correlation-ID";
/// Two hours: the longest time that browsers agree to remember a preflight.
constexpr std::string_view max_age_s = "7200";

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

/// scheme://host[:port], as browsers send it: no path, no blanks.
bool is_origin(std::string_view text) {
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) return false;
  const auto host = text.substr(scheme_end + 3);
  const auto in_host = [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '.' || c == ':' || c == '[' || c == ']';
  };
  return !host.empty() && std::ranges::all_of(host, in_host) &&
         std::ranges::all_of(text.substr(0, scheme_end),
                             [](unsigned char c) { return std::isalpha(c) || c == '-'; });
}

}  // namespace

result<cors_policy> cors_policy::make(std::vector<std::string> origins) {
  cors_policy policy;
  policy.any_ = false;
  for (const auto& origin : origins) {
    if (origin == "*") {
      policy.any_ = true;
    } else if (is_origin(origin)) {
      policy.origins_.push_back(lower_case(origin));
    } else {
      return error_info{errc::validation, "not an origin (scheme://host[:port]): " + origin};
    }
  }
  return policy;
}

bool cors_policy::is_preflight(std::string_view method, std::string_view origin,
                               std::string_view requested_method) {
  return method == "OPTIONS" && !origin.empty() && !requested_method.empty();
}

bool cors_policy::add_origin(std::string_view origin, header_sink& out) const {
  if (any_) {
    out.add("Access-Control-Allow-Origin", "*");
    return true;
  }
  // Caches must not give one page the answer made for another, also if that page was refused.
  out.add("Vary", "Origin");
  if (origin.empty() || std::ranges::find(origins_, lower_case(origin)) == origins_.end())
    return false;
  out.add("Access-Control-Allow-Origin", origin);
  return true;
}

void cors_policy::add_headers(std::string_view origin, header_sink& out) const {
  if (add_origin(origin, out)) out.add("Access-Control-Expose-Headers", exposed_headers);
}

void cors_policy::add_preflight_headers(std::string_view origin, header_sink& out) const {
  if (!add_origin(origin, out)) return;
  out.add("Access-Control-Allow-Methods", allowed_methods);
  out.add("Access-Control-Allow-Headers", allowed_headers);
  out.add("Access-Control-Max-Age", max_age_s);
}

}  // namespace taskdriver::http
