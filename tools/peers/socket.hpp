// A blocking connection that reads lines and bodies, as text protocols are spoken by clients.
#pragma once

#include <string>
#include <string_view>

namespace taskdriver::peers {

/// Thread: one. Owns: the socket. Fails: ends the process with a message; this is a measurement.
class text_socket {
public:
  text_socket(const std::string& host, const std::string& port);
  ~text_socket();
  text_socket(const text_socket&) = delete;
  text_socket& operator=(const text_socket&) = delete;

  void send(std::string_view bytes);
  /// Up to CR LF, which it leaves out.
  std::string line();
  /// `count` bytes and the CR LF behind them, which it leaves out.
  std::string body(std::size_t count);

private:
  void receive();
  int fd_ = -1;
  std::string buffer_;
  std::size_t used_ = 0;
};

/// Ends the process: measured figures of a broken run are worth nothing.
[[noreturn]] void give_up(const std::string& why);

}  // namespace taskdriver::peers
