// URL parsing, name resolution and the opening of sockets.
#include "tools/tdbench/endpoint.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace taskdriver::bench {
namespace {

error_info refused(std::string_view url, std::string_view why) {
  return {.code = errc::bad_request, .text = std::string(url) + ": " + std::string(why)};
}

}  // namespace

result<endpoint> parse_endpoint(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return refused(url, "must start with http://");
  std::string_view rest = url.substr(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty() || rest.find_first_of("/?#@") != std::string_view::npos) {
    return refused(url, "must be http://HOST:PORT and nothing more");
  }
  endpoint parsed;
  parsed.host = rest;
  std::string name = parsed.host;
  std::string port = "80";
  const std::size_t colon = name.rfind(':');
  if (colon != std::string::npos && name.find(']', colon) == std::string::npos) {
    port = name.substr(colon + 1);
    name.resize(colon);
  }
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(name.c_str(), port.c_str(), &hints, &found);
  if (failure != 0) return refused(url, gai_strerror(failure));
  std::memcpy(&parsed.address, found->ai_addr, found->ai_addrlen);
  parsed.address_bytes = found->ai_addrlen;
  freeaddrinfo(found);
  return parsed;
}

int start_connect(const endpoint& to) {
  const int fd =
      socket(to.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* const address = reinterpret_cast<const sockaddr*>(&to.address);
  if (connect(fd, address, to.address_bytes) == 0 || errno == EINPROGRESS) return fd;
  const int failure = errno;
  close(fd);
  errno = failure;
  return -1;
}

}  // namespace taskdriver::bench
