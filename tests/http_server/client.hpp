// A blocking HTTP client for tests that can misbehave: sends any bytes, half-closes, resets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace taskdriver::http::test {

struct client_response {
  int status = 0;
  std::string head;  // with the blank line
  std::string body;

  bool has(std::string_view header_line) const { return head.find(header_line) != head.npos; }
};

/// One connection to 127.0.0.1. Every wait ends after 20 s with an exception, which fails the test.
class client {
public:
  /// `receive_buffer_bytes`: 0 = the kernel's default; small ones make slow readers.
  explicit client(std::uint16_t port, int receive_buffer_bytes = 0);
  client(client&& other) noexcept;
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  ~client() { close(); }

  void send(std::string_view bytes);
  /// The next answer; `to_head`: it has no body whatever its Content-Length says.
  client_response receive(bool to_head = false);
  client_response ask(std::string_view bytes) { return send(bytes), receive(); }
  /// Reads until the server closes; true if that was orderly and nothing came before it.
  bool sees_close();
  /// True if there is nothing to read at this moment.
  bool is_quiet();

  void finish_sending();  // FIN, still reading
  void reset();           // RST
  void close();

private:
  bool fill();
  void wait(short events);

  int fd_ = -1;
  std::string buffer_;
};

}  // namespace taskdriver::http::test
