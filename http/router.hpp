// Finds the route of a request by method and path.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/route.hpp"

namespace taskdriver::http {

enum class route_outcome : std::uint8_t {
  found,
  options,             // OPTIONS of a path that exists
  not_found,           // no such path
  method_not_allowed,  // the path exists, with other methods
  malformed,           // a percent-escape that is none
};

struct route_match {
  route_outcome outcome = route_outcome::not_found;
  const route* found = nullptr;
  std::size_t place = 0;  // of the route, in the order of the tables
  std::string parameter;  // of the path, decoded; empty if the pattern has none
  std::string allow;      // methods of the path, for options and method_not_allowed
};

/// Matches decoded path segments with the patterns of the tables, exactly: case matters, a trailing
/// slash is a different path, a parameter is never empty. HEAD is answered where GET is.
///
/// Thread: any.
/// Owns: the split patterns; the tables must live longer.
class router {
public:
  router(std::span<const route> first, std::span<const route> second = {});

  route_match match(std::string_view method, std::string_view path) const;

private:
  struct split_pattern {
    std::vector<std::string_view> segments;  // "{name}" is a parameter
    const route* row = nullptr;
  };
  void add(std::span<const route> table);

  std::vector<split_pattern> patterns_;
};

}  // namespace taskdriver::http
