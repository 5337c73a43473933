// Segment-wise matching over the route table: some forty short rows, so a scan is fast enough.
#include "http/router.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.hpp"
#include "http/url.hpp"

namespace taskdriver::http {
namespace {

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{');
}

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  path.remove_prefix(1);
  for (;;) {
    const auto slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

/// The decoded segments of a request's path; storage for those that had escapes.
struct decoded_path {
  std::vector<std::string> segments;
  bool malformed = false;
};

decoded_path decode(std::string_view path, std::size_t segments_max) {
  decoded_path decoded;
  if (!path.starts_with('/')) return decoded;
  if (static_cast<std::size_t>(std::ranges::count(path, '/')) > segments_max) return decoded;
  for (const auto segment : split_path(path)) {
    auto text = percent_decoded(segment);
    if (!text) return {{}, true};
    decoded.segments.push_back(std::move(*text));
  }
  return decoded;
}

bool matches(const std::vector<std::string_view>& pattern,
             const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (is_parameter(pattern[i]) ? segments[i].empty() : pattern[i] != segments[i]) return false;
  return true;
}

std::string parameter_of(const std::vector<std::string_view>& pattern,
                         std::vector<std::string>& segments) {
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (is_parameter(pattern[i])) return std::move(segments[i]);
  return {};
}

void add_method(std::string& allow, std::string_view method) {
  if (!allow.empty()) allow += ", ";
  allow += method;
  if (method == "GET") allow += ", HEAD";
}

}  // namespace

router::router(std::span<const route> first, std::span<const route> second) {
  add(first);
  add(second);
}

void router::add(std::span<const route> table) {
  for (const auto& row : table) {
    auto segments = split_path(row.pattern);
    TASKDRIVER_CHECK(segments.size() <= segments_max, "a pattern has too many segments");
    TASKDRIVER_CHECK(std::ranges::count_if(segments, is_parameter) <= 1,
                     "a pattern has more than one parameter");
    patterns_.push_back({std::move(segments), &row});
  }
}

route_match router::match(std::string_view method, std::string_view path) const {
  route_match match;
  auto decoded = decode(path, segments_max);
  if (decoded.malformed) return {.outcome = route_outcome::malformed};
  const auto wanted = method == "HEAD" ? std::string_view("GET") : method;
  for (std::size_t place = 0; place < patterns_.size(); ++place) {
    const auto& pattern = patterns_[place];
    if (!matches(pattern.segments, decoded.segments)) continue;
    if (pattern.row->method == wanted)
      return {.outcome = route_outcome::found,
              .found = pattern.row,
              .place = place,
              .parameter = parameter_of(pattern.segments, decoded.segments)};
    add_method(match.allow, pattern.row->method);
  }
  if (match.allow.empty()) return match;
  match.allow += ", OPTIONS";
  match.outcome = method == "OPTIONS" ? route_outcome::options : route_outcome::method_not_allowed;
  return match;
}

}  // namespace taskdriver::http
