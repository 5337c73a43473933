// Segment-wise matching over the route table: some forty short rows, so a scan is fast enough.
#include "http/router.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/check.hpp"
#include "http/url.hpp"

namespace taskdriver::http {
namespace {

constexpr std::size_t path_segments_max = 6;

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

/// The decoded segments of a request's path: places in the path itself, or, where something was
/// escaped, in storage of their own.
struct decoded_path {
  std::array<std::string_view, path_segments_max> segments;
  std::size_t count = 0;  // 0: no route has such a path
  bool malformed = false;
  std::array<std::string, path_segments_max> storage;
};

void decode(std::string_view path, decoded_path& decoded) {
  if (!path.starts_with('/')) return;
  if (static_cast<std::size_t>(std::ranges::count(path, '/')) > path_segments_max) return;
  const bool escaped = path.find('%') != std::string_view::npos;
  for (bool last = false; !last; ++decoded.count) {
    path.remove_prefix(1);
    const auto slash = path.find('/');
    last = slash == std::string_view::npos;
    auto& segment = decoded.segments[decoded.count];
    segment = path.substr(0, slash);
    path.remove_prefix(segment.size());
    if (!escaped) continue;
    auto text = percent_decoded(segment);
    if (!text) return void(decoded.malformed = true);
    segment = decoded.storage[decoded.count] = std::move(*text);
  }
}

bool matches(const std::vector<std::string_view>& pattern, const decoded_path& path) {
  if (pattern.size() != path.count) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (is_parameter(pattern[i]) ? path.segments[i].empty() : pattern[i] != path.segments[i])
      return false;
  return true;
}

std::string parameter_of(const std::vector<std::string_view>& pattern, const decoded_path& path) {
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (is_parameter(pattern[i])) return std::string(path.segments[i]);
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
    TASKDRIVER_CHECK(segments.size() <= path_segments_max, "a pattern has too many segments");
    TASKDRIVER_CHECK(std::ranges::count_if(segments, is_parameter) <= 1,
                     "a pattern has more than one parameter");
    patterns_.push_back({std::move(segments), &row});
  }
}

route_match router::match(std::string_view method, std::string_view path) const {
  route_match match;
  decoded_path decoded;
  decode(path, decoded);
  if (decoded.malformed) return {.outcome = route_outcome::malformed};
  const auto wanted = method == "HEAD" ? std::string_view("GET") : method;
  for (std::size_t place = 0; place < patterns_.size(); ++place) {
    const auto& pattern = patterns_[place];
    if (!matches(pattern.segments, decoded)) continue;
    if (pattern.row->method == wanted)
      return {.outcome = route_outcome::found,
              .found = pattern.row,
              .place = place,
              .parameter = parameter_of(pattern.segments, decoded)};
    add_method(match.allow, pattern.row->method);
  }
  if (match.allow.empty()) return match;
  match.allow += ", OPTIONS";
  match.outcome = method == "OPTIONS" ? route_outcome::options : route_outcome::method_not_allowed;
  return match;
}

}  // namespace taskdriver::http
