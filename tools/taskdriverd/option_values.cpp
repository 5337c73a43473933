// Parsers and rules for numbers, addresses, origins, paths and tokens given as options.
#include "tools/taskdriverd/option_values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace taskdriver::server {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool made_of(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || also.find(c) != std::string_view::npos;
  });
}

/// The address in its shortest spelling; nullopt if it is none of the family.
std::optional<std::string> normal_address(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> normal{};
  if (inet_pton(family, std::string(text).c_str(), bytes.data()) != 1) return std::nullopt;
  return inet_ntop(family, bytes.data(), normal.data(), normal.size());
}

/// The host of "HOST:PORT" as an address; nullopt if it is none.
std::optional<std::string> read_host(std::string_view text) {
  if (text == "localhost") return "127.0.0.1";
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    return normal_address(AF_INET6, text.substr(1, text.size() - 2));
  return normal_address(AF_INET, text);
}

/// A name or an address, as in a URL.
bool is_host(std::string_view text) {
  if (!text.empty() && text.front() == '[') return read_host(text).has_value();
  return !text.empty() && text.size() <= 255 && made_of(text, ".-_");
}

bool is_host_with_port(std::string_view text) {
  const auto colon = text.rfind(':');
  std::uint32_t port = 0;
  return colon != std::string_view::npos && is_host(text.substr(0, colon)) &&
         !read_number(text.substr(colon + 1), 1, 65535, port);
}

bool is_etcd_url(std::string_view text, std::string_view scheme) {
  return text.starts_with(scheme) && is_host_with_port(text.substr(scheme.size()));
}

bool is_origin(std::string_view text) {
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return false;
  const auto scheme = text.substr(0, scheme_end);
  auto host = text.substr(scheme_end + 3);
  if (scheme != "http" && scheme != "https") return false;
  if (const auto colon = host.rfind(':'); colon != std::string_view::npos && host.back() != ']') {
    std::uint32_t port = 0;
    if (read_number(host.substr(colon + 1), 1, 65535, port)) return false;
    host = host.substr(0, colon);
  }
  return is_host(host);
}

}  // namespace

std::string endpoint::text() const {
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool endpoint::is_loopback() const {
  return host.starts_with("127.") || host == "::1" || host.starts_with("::ffff:127.");
}

objection read_number(std::string_view text, std::uint32_t min, std::uint32_t max,
                      std::uint32_t& value) {
  std::uint32_t read = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
  if (error != std::errc() || end != text.data() + text.size() || read < min || read > max)
    return "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  value = read;
  return std::nullopt;
}

objection read_endpoint(std::string_view text, endpoint& value) {
  const objection rule =
      "must be ADDRESS:PORT with an IPv4 address, an IPv6 address in brackets, or localhost, and a "
      "port from 0 to 65535";
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find('\0') != std::string_view::npos) return rule;
  auto host = read_host(text.substr(0, colon));
  std::uint32_t port = 0;
  if (!host || read_number(text.substr(colon + 1), 0, 65535, port)) return rule;
  value = {std::move(*host), static_cast<std::uint16_t>(port)};
  return std::nullopt;
}

objection read_origins(std::string_view text, std::vector<std::string>& value) {
  std::vector<std::string> origins;
  if (text == "*") origins = {"*"};
  for (auto rest = text; text != "*" && text != "none";) {
    const auto comma = rest.find(',');
    const auto origin = rest.substr(0, comma);
    if (!is_origin(origin))
      return "must be *, none, or origins such as https://queue.example.org separated by commas";
    origins.emplace_back(origin);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  value = std::move(origins);
  return std::nullopt;
}

objection check_path(std::string_view text) {
  const bool printable = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (text.empty() || !printable || !is_utf8(text))
    return "must be a path of UTF-8 without control characters";
  return std::nullopt;
}

objection check_node_id(std::string_view text) {
  if (text.empty() || text.size() > 64 || !made_of(text, ".-_"))
    return "must be 1 to 64 letters, digits, dots, hyphens or underscores";
  return std::nullopt;
}

objection read_flag(std::string_view text, bool& value) {
  if (text != "true" && text != "false") return "must be true or false";
  value = text == "true";
  return std::nullopt;
}

objection check_peer_address(std::string_view text) {
  if (is_host_with_port(text)) return std::nullopt;
  return "must be HOST:PORT with a name or an address, and a port from 1 to 65535";
}

objection check_etcd(std::string_view text) {
  if (text == "managed") return std::nullopt;
  const std::string_view scheme = text.starts_with("https://") ? "https://" : "http://";
  for (auto rest = text;;) {
    const auto comma = rest.find(',');
    if (!is_etcd_url(rest.substr(0, comma), scheme))
      return "must be managed, or URLs such as http://10.0.0.1:2379 separated by commas, all with "
             "http or all with https";
    if (comma == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(comma + 1);
  }
}

objection check_etcd_peers(std::string_view text) {
  for (auto rest = text;;) {
    const auto comma = rest.find(',');
    const auto entry = rest.substr(0, comma);
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos || check_node_id(entry.substr(0, equals)) ||
        !is_host_with_port(entry.substr(equals + 1)))
      return "must be NODE=HOST:PORT for each node that runs etcd, separated by commas";
    if (comma == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(comma + 1);
  }
}

objection check_etcd_user(std::string_view text) {
  if (!text.empty() && text.size() <= 256 && is_utf8(text)) return std::nullopt;
  return "must be 1 to 256 bytes of UTF-8";
}

objection check_admin_token(std::string_view text) {
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (text.size() < 16 || text.size() > 256 || !printable)
    return "must be 16 to 256 printable ASCII characters without blanks";
  return std::nullopt;
}

}  // namespace taskdriver::server
