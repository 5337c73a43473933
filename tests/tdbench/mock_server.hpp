// A stand-in for taskdriverd that keeps its queue in memory: just enough API for tdbench.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <thread>

namespace taskdriver::bench {

/// Listens on a free port of 127.0.0.1 and serves in a thread of its own until it is destroyed.
/// All projects share one queue. The knobs may be set at any time, from any thread.
class mock_server {
public:
  mock_server();
  ~mock_server();
  mock_server(const mock_server&) = delete;
  mock_server& operator=(const mock_server&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  std::atomic<int> refuse_claims{0};     // so many claims get 503 with Retry-After: 0
  std::atomic<int> break_completes{0};   // so many connections close instead of an answer
  std::atomic<int> end_polls{0};         // so many polls are answered at once without a task
  std::atomic<int> misdirect_claims{0};  // so many claims are answered in another agent's name
  std::atomic<bool> refuse_logins{false};
  std::atomic<bool> chunked{false};        // answers come with Transfer-Encoding: chunked
  std::atomic<bool> deliver_twice{false};  // a task for a parked poll also goes to the next one

  std::atomic<int> projects_made{0};
  std::atomic<int> projects_deleted{0};
  std::atomic<int> logins{0};
  std::atomic<std::uint64_t> tasks_created{0};
  std::atomic<std::uint64_t> tasks_completed{0};

private:
  struct client {
    std::string in;
    std::string out;
    std::string agent_name;  // of its last claim
  };
  struct request {
    std::string_view method;
    std::string_view target;
    std::string_view body;
  };

  void serve();
  void accept_clients();
  void read_from(int fd);
  void drop(int fd);
  bool serve_one(int fd, client& from);
  void handle(int fd, const request& asked);
  void handle_login(int fd);
  void handle_claim(int fd, const request& asked);
  void handle_ending(int fd, const request& asked);
  void add_task(std::string_view instructions);
  void answer(int fd, int status, std::string_view body);
  void answer_claim(int fd, const std::string& instructions);
  void write_to(int fd);

  int listen_fd_ = -1;
  int epoll_fd_ = -1;
  std::uint16_t port_ = 0;
  std::map<int, client> clients_;
  std::deque<std::string> queue_;  // instructions of queued tasks
  std::deque<int> parked_;         // sockets of waiting polls, oldest first
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace taskdriver::bench
