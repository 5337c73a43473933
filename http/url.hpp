// Percent-decoding of request targets: paths and queries.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskdriver::http {

/// nullopt for an escape that is none ("%2", "%zz"). `plus_is_blank`: as in queries.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank = false);

struct split_target {
  std::string_view path;
  std::string_view query;  // without the "?"
};

/// Also takes the absolute form ("http://host/path"), which proxies may send.
split_target split(std::string_view target);

using query_parameters = std::vector<std::pair<std::string, std::string>>;

/// "a=1&b=x%20y", in order; nullopt for a malformed escape.
std::optional<query_parameters> parse_query(std::string_view query);

}  // namespace taskdriver::http
