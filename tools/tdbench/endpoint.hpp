// Where a server listens: a parsed and resolved http:// address.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace taskdriver::bench {

struct endpoint {
  /// Text for the Host header: "127.0.0.1:3000".
  std::string host;
  sockaddr_storage address{};
  socklen_t address_bytes = 0;
};

/// `url` is http://HOST[:PORT][/], resolved by the system. Fails: bad_request with the reason.
result<endpoint> parse_endpoint(std::string_view url);

/// A connecting non-blocking TCP socket with Nagle's algorithm off, or -1 with errno set.
int start_connect(const endpoint& to);

}  // namespace taskdriver::bench
