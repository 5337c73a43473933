// From the Authorization header to who asks, and the form of session tokens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actors/messages.hpp"

namespace taskdriver::http {

inline constexpr std::size_t session_secret_bytes = 32;

/// SHA-256: what is stored and compared instead of a session's secret.
domain::token_hash hash_of(std::string_view secret);

/// base64url of the project's number (4 bytes, big-endian) and the 32 secret bytes. Only the
/// secret is hashed, so that a login can be sent off before the project's number is known.
std::string make_session_token(project_number project, std::string_view secret);
/// nullopt for what cannot be a session token.
std::optional<actors::session_credentials> parse_session_token(std::string_view token);

/// What the header shows of the caller.
struct presented {
  actors::credentials from;
  /// A header that is there but names no possible caller: always 401.
  bool invalid = false;
};

/// Knows the admin token. Thread: any.
class authenticator {
public:
  /// An empty token is nobody's.
  explicit authenticator(std::string_view admin_token);

  /// `authorization`: the header's value, empty if there is none. The scheme is "Bearer", in any
  /// case. Admin tokens are compared by their hashes in constant time.
  presented identify(std::string_view authorization) const;

private:
  bool is_admin(std::string_view token) const;

  std::size_t admin_length_ = 0;
  domain::token_hash admin_{};
};

}  // namespace taskdriver::http
