// The quick way from a body's text to its document, for the usual body; json_body takes the other.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

namespace taskdriver::http {

/// The document that nlohmann::json::parse() makes of `text`, in a fraction of the time. nullopt:
/// that parser has to judge, because `text` is malformed, too large, or has something that the two
/// libraries might read differently. `text` must not be nested deeper than json_depth_max.
/// Thread: any. Keeps some memory per thread.
std::optional<nlohmann::json> parse_quickly(std::string_view text);

}  // namespace taskdriver::http
