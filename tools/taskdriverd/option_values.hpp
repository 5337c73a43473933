// The rules for single option values: text in, a typed value or an objection out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/taskdriverd/options.hpp"

namespace taskdriver::server {

/// The rule that a value breaks, as the end of a sentence: "must be ..."; nullopt = it is fine.
using objection = std::optional<std::string>;

/// Decimal digits only, both bounds inclusive.
objection read_number(std::string_view text, std::uint32_t min, std::uint32_t max,
                      std::uint32_t& value);
/// ADDRESS:PORT with an IPv4 address, an IPv6 address in brackets, or "localhost".
objection read_endpoint(std::string_view text, endpoint& value);
/// "*", "none", or origins separated by commas.
objection read_origins(std::string_view text, std::vector<std::string>& value);
/// A path that can be printed into a TOML file: not empty, UTF-8, no control characters.
objection check_path(std::string_view text);
/// The name of a node or of a cluster.
objection check_node_id(std::string_view text);
/// "true" or "false".
objection read_flag(std::string_view text, bool& value);
/// HOST:PORT with a name or an address that other machines can reach.
objection check_peer_address(std::string_view text);
/// "managed", or URLs http(s)://HOST:PORT separated by commas, all of one scheme.
objection check_etcd(std::string_view text);
/// NODE=HOST:PORT separated by commas.
objection check_etcd_peers(std::string_view text);
objection check_etcd_user(std::string_view text);
/// 16-256 printable ASCII characters without blanks: what fits into an Authorization header.
objection check_admin_token(std::string_view text);

}  // namespace taskdriver::server
