// A real server on a free loopback port whose answers the test controls.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/server/server.hpp"
#include "tests/http_server/client.hpp"

namespace taskdriver::http::test {

/// Answers by target: "/park…" keeps the responder for the test, "/later…" is answered by another
/// thread, "/drop" is abandoned, "/throw" throws, "/big" sends 8 MiB; everything else is echoed at
/// once as "METHOD target body". Error answers are JSON, so that the hook can be seen at work.
class test_server {
public:
  explicit test_server(server_options options = {});
  ~test_server();

  std::uint16_t port() const { return server_.port(); }
  client connect() const { return client(port()); }
  server& running() { return server_; }

  /// Waits for that many parked responders and takes them, in order of arrival.
  std::vector<responder> take_parked(std::size_t count);
  /// The bodies of all requests so far.
  std::vector<std::string> bodies();

private:
  void handle(request&& r, responder answer);
  void answer_later();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<responder> parked_;
  std::deque<std::pair<responder, response>> later_;
  std::vector<std::string> bodies_;
  bool stopping_ = false;
  server server_;
  std::thread worker_;
};

inline constexpr std::size_t big_bytes = 8 << 20;

/// Waits until `holds`; what it asks for is another thread's doing. False after 20 s.
bool eventually(const std::function<bool()>& holds);

/// "GET target HTTP/1.1" with a Host.
std::string get(std::string_view target);
std::string post(std::string_view target, std::string_view body);

}  // namespace taskdriver::http::test
