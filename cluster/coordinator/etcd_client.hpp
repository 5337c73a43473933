// Single requests to an etcd of several members: which one is asked, how often, with which token,
// and what may be concluded when there is no answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cluster/coordinator/http_loop.hpp"

namespace taskdriver::cluster {

struct etcd_options {
  std::vector<std::string> endpoints = {};  // "http://HOST:PORT" or https; at least one
  std::int64_t timeout_ms = 2000;           // of a request, over all endpoints
  etcd_tls_files tls = {};
  std::string user = {};  // empty = without authentication
  std::string password = {};
};

enum class etcd_fate {
  answered,  // `body` is etcd's
  refused,   // etcd said no, and nothing was done; `code` (gRPC) and `why` say more
  not_done,  // no member could be reached: nothing was done
  unknown,   // it may be done, now or later
  nonsense,  // the answer was none of etcd's; may be done as well
};
struct etcd_answer {
  etcd_fate fate = etcd_fate::unknown;
  std::string body = {};
  int code = 0;
  std::string why = {};
};

/// gRPC's codes, as far as they mean something here.
inline constexpr int etcd_not_found = 5;
inline constexpr int etcd_unauthenticated = 16;

/// A read is tried on one member after the other until its time is over. A change is, too, but only
/// while not a byte of it was sent: after that its outcome is unknown.
/// Thread: the loop's, but for reachable(). Owns: the token.
class etcd_client {
public:
  using done = std::function<void(etcd_answer)>;
  enum class kind { read, change };

  etcd_client(http_loop& loop, etcd_options options);

  /// `path` as in "/v3/kv/range".
  void call(kind k, std::string path, std::string body, done d);
  /// Asks this member only, once.
  void probe(std::size_t endpoint, std::string body, done d);
  /// A request whose answer has no end, to the preferred member. `ended` hears why.
  struct stream {
    std::uint64_t request = 0;
    std::size_t endpoint = 0;
  };
  stream open_stream(std::string path, std::string body,
                     std::function<bool(std::string_view)> received,
                     std::function<void(std::string)> ended);
  /// Calls `then` when there is a token, none is needed or none is to be had.
  void with_token(std::function<void()> then);
  /// This member gave no good answer: the next one is preferred from now on.
  void avoid(std::size_t endpoint);
  /// Best effort at the end; no answer.
  void last_word(std::string path, std::string body);

  /// An answer came within the last `ms`. Thread: any.
  bool answered_within(std::int64_t ms) const;
  /// At most one line a second.
  void log_nonsense(std::size_t endpoint, const std::string& what);
  bool stopping() const { return loop_.stopping(); }

private:
  struct pending;
  using pending_ptr = std::shared_ptr<pending>;

  void attempt(const pending_ptr& p);
  void judge(const pending_ptr& p, std::size_t endpoint, http_answer answer);
  void refused(const pending_ptr& p, std::size_t endpoint, const http_answer& answer);
  void again(const pending_ptr& p, etcd_fate if_over, const std::string& why);
  static void end(const pending_ptr& p, etcd_answer answer);
  void authenticate(std::function<void(std::string)> then);
  void authenticated(std::size_t endpoint, http_answer answer);
  bool needs_token() const;
  http_post request_to(std::size_t endpoint, const std::string& path, std::string body) const;
  std::int64_t attempt_ms() const;

  http_loop& loop_;
  const etcd_options options_;
  std::size_t preferred_ = 0;
  std::string token_;
  bool without_authentication_ = false;  // etcd says that it has none
  std::int64_t no_authentication_before_ms_ = 0;
  std::vector<std::function<void(std::string)>> await_token_;  // "" or why there is none
  std::int64_t no_log_before_ms_ = 0;
  std::atomic<std::int64_t> last_answer_ms_;
};

}  // namespace taskdriver::cluster
