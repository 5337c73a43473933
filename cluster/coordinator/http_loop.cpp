// The loop around libcurl's multi interface, and how a request that ended is judged.
#include "cluster/coordinator/http_loop.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/check.hpp"
#include "base/thread_name.hpp"
#include "base/time.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::int64_t sleep_ms_max = 60'000;
constexpr std::int64_t last_words_ms = 300;
constexpr long idle_connections_max = 8;

std::int64_t now_ms() {
  return system_time().now().steady_ms;
}

void init_curl() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  TASKDRIVER_CHECK(done == CURLE_OK, "libcurl must start");
}

template <class Value>
void set(CURL* curl, CURLoption option, Value value) {
  const CURLcode done = curl_easy_setopt(curl, option, value);
  TASKDRIVER_CHECK(done == CURLE_OK, "libcurl must know every option that is set");
}

}  // namespace

struct http_loop::handle {
  handle() {
    init_curl();
    multi = curl_multi_init();
    TASKDRIVER_CHECK(multi != nullptr, "libcurl must give a handle");
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, idle_connections_max);
  }
  ~handle() { curl_multi_cleanup(multi); }
  CURLM* multi = nullptr;
};

struct http_loop::transfer {
  transfer(http_post r, done d, const etcd_tls_files& tls)
      : request(std::move(r)), when_done(std::move(d)) {
    TASKDRIVER_CHECK(curl != nullptr, "libcurl must give a handle");
    set_request();
    set_connection(tls);
    set(curl, CURLOPT_WRITEFUNCTION, &transfer::received);
    set(curl, CURLOPT_WRITEDATA, this);
    set(curl, CURLOPT_ERRORBUFFER, error.data());
    set(curl, CURLOPT_PRIVATE, this);
  }
  ~transfer() {
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
  }
  transfer(const transfer&) = delete;

  void set_request() {
    headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    // A member without a leader ends its watches instead of keeping them silently.
    headers = curl_slist_append(headers, "Grpc-Metadata-hasleader: true");
    if (!request.authorization.empty())
      headers = curl_slist_append(headers, ("Authorization: " + request.authorization).c_str());
    set(curl, CURLOPT_HTTPHEADER, headers);
    set(curl, CURLOPT_URL, request.url.c_str());
    set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(curl, CURLOPT_POSTFIELDS, request.body.data());
    set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
    set(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout_ms));
  }
  void set_connection(const etcd_tls_files& tls) {
    set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    set(curl, CURLOPT_PROXY, "");  // the environment has no say in who judges
    set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(curl, CURLOPT_NOSIGNAL, 1L);
    set(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    set(curl, CURLOPT_TCP_KEEPIDLE, 5L);
    set(curl, CURLOPT_TCP_KEEPINTVL, 2L);
    set(curl, CURLOPT_FRESH_CONNECT, request.own_connection ? 1L : 0L);
    set(curl, CURLOPT_FORBID_REUSE, request.own_connection ? 1L : 0L);
    if (!tls.ca_file.empty()) set(curl, CURLOPT_CAINFO, tls.ca_file.c_str());
    if (!tls.cert_file.empty()) set(curl, CURLOPT_SSLCERT, tls.cert_file.c_str());
    if (!tls.key_file.empty()) set(curl, CURLOPT_SSLKEY, tls.key_file.c_str());
  }

  /// Called by libcurl; anything but `size * count` ends the transfer.
  static std::size_t received(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& to = *static_cast<transfer*>(self);
    const std::string_view data(bytes, size * count);
    if (to.request.stream && to.status() == 200) return to.request.stream(data) ? data.size() : 0;
    to.too_long = to.body.size() + data.size() > to.request.answer_bytes_max;
    if (to.too_long) return 0;
    to.body.append(data);
    return data.size();
  }
  int status() const {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }
  /// Whether not a byte of the request has left, though it may be unknown why.
  bool certainly_unsent(CURLcode code) const {
    switch (code) {
      case CURLE_COULDNT_RESOLVE_HOST:
      case CURLE_COULDNT_CONNECT:
      case CURLE_SSL_CONNECT_ERROR:
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CERTPROBLEM:
      case CURLE_SSL_CACERT_BADFILE:
      case CURLE_URL_MALFORMAT:
      case CURLE_UNSUPPORTED_PROTOCOL:
        return true;
      case CURLE_OPERATION_TIMEDOUT: {
        // Set when the connection, with its TLS handshake, is ready for the request.
        curl_off_t ready_us = 0;
        curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &ready_us);
        return ready_us == 0;
      }
      default:
        return false;
    }
  }
  http_answer judge(CURLcode code) {
    http_answer answer;
    answer.status = status();
    if (code == CURLE_OK) {
      answer.fate = http_fate::answered;
      answer.body = std::move(body);
      return answer;
    }
    answer.fate = too_long                 ? http_fate::too_long
                  : certainly_unsent(code) ? http_fate::not_sent
                                           : http_fate::no_answer;
    answer.error = too_long           ? "the answer is too long"
                   : error[0] != '\0' ? error.data()
                                      : curl_easy_strerror(code);
    return answer;
  }

  http_post request;
  done when_done;
  std::uint64_t id = 0;
  CURL* curl = curl_easy_init();
  curl_slist* headers = nullptr;
  std::string body;
  bool too_long = false;
  std::array<char, CURL_ERROR_SIZE> error{};
};

http_loop::http_loop(etcd_tls_files tls)
    : tls_(std::move(tls)), curl_(std::make_unique<handle>()), thread_([this] { run(); }) {}

http_loop::~http_loop() {
  stop({});
}

void http_loop::run_soon(std::function<void()> action) {
  {
    const std::lock_guard lock(mutex_);
    queued_.push_back(std::move(action));
  }
  curl_multi_wakeup(curl_->multi);
}

void http_loop::stop(std::function<void()> last_words) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    last_words_ = std::move(last_words);
  }
  curl_multi_wakeup(curl_->multi);
  thread_.join();
}

std::uint64_t http_loop::post(http_post request, done d) {
  auto added = std::make_unique<transfer>(std::move(request), std::move(d), tls_);
  added->id = ++last_id_;
  fresh_.push_back(last_id_);
  transfers_.emplace(last_id_, std::move(added));
  return last_id_;
}

void http_loop::cancel(std::uint64_t request) {
  if (transfers_.count(request) == 0) return;
  // Not here: the caller may be within a callback of this very transfer.
  after(0, [this, request] {
    const auto found = transfers_.find(request);
    if (found != transfers_.end()) settle(*found->second, CURLE_ABORTED_BY_CALLBACK);
  });
}

std::uint64_t http_loop::after(std::int64_t ms, std::function<void()> action) {
  timers_.emplace(std::pair(now_ms() + ms, ++last_id_), std::move(action));
  return last_id_;
}

void http_loop::cancel_timer(std::uint64_t timer) {
  std::erase_if(timers_, [&](const auto& one) { return one.first.second == timer; });
}

void http_loop::run() {
  name_this_thread("etcd-http");
  while (true) {
    turn(sleep_ms_max);
    const std::lock_guard lock(mutex_);
    if (stop_) break;
  }
  finish();
}

void http_loop::finish() {
  stopping_ = true;
  end_all();
  std::function<void()> last_words;
  {
    const std::lock_guard lock(mutex_);
    last_words.swap(last_words_);
  }
  if (last_words) last_words();
  const std::int64_t deadline = now_ms() + last_words_ms;
  while (!transfers_.empty() && now_ms() < deadline) turn(deadline - now_ms());
  end_all();
}

/// Until nothing is left that would call back: a callback may post or queue something more.
void http_loop::end_all() {
  const auto nothing_queued = [this] {
    const std::lock_guard lock(mutex_);
    return queued_.empty();
  };
  while (!transfers_.empty() || !timers_.empty() || !nothing_queued()) {
    run_actions();
    while (!transfers_.empty()) settle(*transfers_.begin()->second, CURLE_ABORTED_BY_CALLBACK);
    run_timers(std::numeric_limits<std::int64_t>::max());
  }
}

void http_loop::turn(std::int64_t at_most_ms) {
  run_actions();
  run_timers(now_ms());
  add_fresh();
  int running = 0;
  curl_multi_perform(curl_->multi, &running);
  collect();
  if (stopping_ && transfers_.empty()) return;
  const std::int64_t sleep_ms = std::min(at_most_ms, next_timer_in_ms());
  if (sleep_ms > 0 && fresh_.empty())
    curl_multi_poll(curl_->multi, nullptr, 0, static_cast<int>(sleep_ms), nullptr);
}

/// Not in post(): libcurl takes no handle while it delivers a stream's bytes.
void http_loop::add_fresh() {
  for (const std::uint64_t id : std::exchange(fresh_, {})) {
    const auto found = transfers_.find(id);
    if (found != transfers_.end()) curl_multi_add_handle(curl_->multi, found->second->curl);
  }
}

void http_loop::run_actions() {
  actions taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(queued_);
  }
  for (const auto& action : taken) action();
}

/// Those that were there when it began: one that starts itself anew must not run for ever.
void http_loop::run_timers(std::int64_t until_ms) {
  const std::uint64_t newest = last_id_;
  std::vector<std::uint64_t> due;
  for (auto at = timers_.begin(); at != timers_.end() && at->first.first <= until_ms; ++at)
    due.push_back(at->first.second);
  for (const std::uint64_t id : due) {
    // Looked up again: an earlier one may have cancelled it.
    const auto found = std::find_if(timers_.begin(), timers_.end(),
                                    [&](const auto& one) { return one.first.second == id; });
    if (found == timers_.end() || id > newest) continue;
    const auto taken = timers_.extract(found);
    taken.mapped()();
  }
}

std::int64_t http_loop::next_timer_in_ms() const {
  if (timers_.empty()) return sleep_ms_max;
  return std::max<std::int64_t>(0, timers_.begin()->first.first - now_ms());
}

void http_loop::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(curl_->multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    transfer* ended = nullptr;
    const CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ended);
    settle(*ended, code);
  }
}

void http_loop::settle(transfer& ended, int curl_code) {
  http_answer answer = ended.judge(static_cast<CURLcode>(curl_code));
  curl_multi_remove_handle(curl_->multi, ended.curl);
  const auto owned = transfers_.extract(ended.id);
  owned.mapped()->when_done(std::move(answer));
}

}  // namespace taskdriver::cluster
