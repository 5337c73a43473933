// One thread that sends HTTP requests by libcurl and runs timers: what the client of etcd stands
// on.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace taskdriver::cluster {

/// PEM files for https; an empty `ca_file` means the system's authorities.
struct etcd_tls_files {
  std::string ca_file = {};
  std::string cert_file = {};
  std::string key_file = {};
};

struct http_post {
  std::string url = {};
  std::string body = {};
  std::string authorization = {};  // a header's value; empty = no such header
  std::int64_t timeout_ms = 2000;  // 0: a stream without an end
  std::int64_t connect_timeout_ms = 1000;
  /// Neither an old connection nor one that is used again. On an old one that breaks libcurl sends
  /// a request a second time by itself: a compare-and-swap could then be refused by its own first
  /// try.
  bool own_connection = false;
  std::size_t answer_bytes_max = std::size_t{16} << 20;
  /// If set, gets the bytes of an answer with status 200 as they come; false ends the request.
  std::function<bool(std::string_view)> stream = {};
};

enum class http_fate {
  answered,
  not_sent,   // no connection: the server has not seen a byte of the request
  no_answer,  // it may have
  too_long,   // more than answer_bytes_max
};
struct http_answer {
  http_fate fate = http_fate::no_answer;
  int status = 0;
  std::string body;
  std::string error;  // for people; empty if answered
};

/// Waits without a cost: the thread sleeps until an answer, a timer or a call.
///
/// Thread: run_soon and stop from any; the rest, and all callbacks, on its own thread.
/// Owns: connections, requests under way and timers.
class http_loop {
public:
  using done = std::function<void(http_answer)>;

  explicit http_loop(etcd_tls_files tls);
  ~http_loop();

  void run_soon(std::function<void()> action);
  /// Ends all requests (no_answer) and runs all timers now, with stopping() true; then sends what
  /// `last_words` posts and waits for that for at most 300 ms. Joins the thread. Later calls do
  /// nothing.
  void stop(std::function<void()> last_words);

  /// `d` is called exactly once, never within the call.
  std::uint64_t post(http_post request, done d);
  /// The request ends with no_answer, if it has not ended yet.
  void cancel(std::uint64_t request);
  std::uint64_t after(std::int64_t ms, std::function<void()> action);
  void cancel_timer(std::uint64_t timer);
  bool stopping() const { return stopping_; }

private:
  struct transfer;
  struct handle;  // of libcurl
  using actions = std::vector<std::function<void()>>;

  void run();
  void finish();
  void turn(std::int64_t at_most_ms);
  void add_fresh();
  void run_actions();
  void run_timers(std::int64_t until_ms);
  void collect();
  void settle(transfer& ended, int curl_code);
  void end_all();
  std::int64_t next_timer_in_ms() const;

  const etcd_tls_files tls_;
  std::unique_ptr<handle> curl_;
  std::map<std::uint64_t, std::unique_ptr<transfer>> transfers_;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> timers_;  // by due time
  std::vector<std::uint64_t> fresh_;  // of transfers_: libcurl does not have them yet
  std::uint64_t last_id_ = 0;
  bool stopping_ = false;

  std::mutex mutex_;
  actions queued_;                    // under mutex_
  bool stop_ = false;                 // under mutex_
  std::function<void()> last_words_;  // under mutex_
  std::thread thread_;
};

}  // namespace taskdriver::cluster
