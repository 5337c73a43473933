// A server that answers requests with what a test gave it, and remembers what it was asked.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tools/tdctl/console.hpp"

namespace taskdriver::testing {

struct canned_answer {
  int status = 200;
  std::string body;
};

/// Listens on a free port of 127.0.0.1 in a thread of its own; one request per connection.
/// Thread: any.
class canned_server {
public:
  canned_server();
  ~canned_server();
  canned_server(const canned_server&) = delete;
  canned_server& operator=(const canned_server&) = delete;

  std::string url() const { return "http://" + address(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  /// `what` is "GET /path?query". Given again, the answers come one after the other; the last one
  /// stays. What has none gets 404.
  void on(const std::string& what, canned_answer answer);
  /// The same with status 200 and `data` (JSON text) in the usual envelope.
  void on_data(const std::string& what, const std::string& data);
  /// "POST /path body", in order.
  std::vector<std::string> asked() const;
  /// The Authorization header of the last request.
  std::string authorization() const;

private:
  void serve();
  void serve_one(int fd);
  canned_answer answer_to(const std::string& what);

  int listen_fd_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<canned_answer>> answers_;
  std::vector<std::string> asked_;
  std::string authorization_;
  std::thread thread_;
};

/// What a run of tdctl came to.
struct outcome {
  int code = 0;
  std::string out, err;
};

/// Runs tdctl in this process. `typed`: what a person answers; empty: nobody is there.
outcome run_tdctl(std::vector<std::string> arguments, const std::string& typed = {});
/// The same with --url of `server`.
outcome run_at(const canned_server& server, std::vector<std::string> arguments,
               const std::string& typed = {});

bool contains(const std::string& text, const std::string& part);

}  // namespace taskdriver::testing
