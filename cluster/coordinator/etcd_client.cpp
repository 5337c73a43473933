// One request: attempt, judge, and again on another member as long as that is safe and in time.
#include "cluster/coordinator/etcd_client.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "cluster/coordinator/etcd_json.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::int64_t attempt_ms_min = 300;
constexpr std::int64_t pause_ms = 100;  // when every member was asked
/// etcd computes bcrypt for every authentication: it must not be asked in a hurry.
constexpr std::int64_t authentication_pause_ms = 1000;
constexpr int token_renewals_max = 2;
constexpr std::int64_t never = -1'000'000;

std::int64_t now_ms() {
  return system_time().now().steady_ms;
}

/// What etcd says to a token that it does not know (any more); it did nothing then.
bool about_token(const etcd_error& error) {
  return error.code == etcd_unauthenticated ||
         error.text.find("revision of auth store") != std::string::npos ||
         error.text.find("user name is empty") != std::string::npos;
}

}  // namespace

struct etcd_client::pending {
  kind k = kind::read;
  std::string path;
  std::string body;
  done d;
  std::int64_t deadline_ms = 0;
  std::size_t attempts = 0;
  int token_renewals = 0;
};

etcd_client::etcd_client(http_loop& loop, etcd_options options)
    : loop_(loop), options_(std::move(options)), last_answer_ms_(never) {
  TASKDRIVER_CHECK(!options_.endpoints.empty(), "etcd has at least one endpoint");
}

void etcd_client::end(const pending_ptr& p, etcd_answer answer) {
  p->d(std::move(answer));
}

void etcd_client::call(kind k, std::string path, std::string body, done d) {
  auto p = std::make_shared<pending>();
  p->k = k;
  p->path = std::move(path);
  p->body = std::move(body);
  p->d = std::move(d);
  p->deadline_ms = now_ms() + options_.timeout_ms;
  attempt(p);
}

/// A member that hangs must leave time to ask another one.
std::int64_t etcd_client::attempt_ms() const {
  const auto members = static_cast<std::int64_t>(options_.endpoints.size());
  return std::max(options_.timeout_ms / members, std::min(attempt_ms_min, options_.timeout_ms));
}

http_post etcd_client::request_to(std::size_t endpoint, const std::string& path,
                                  std::string body) const {
  http_post request;
  request.url = options_.endpoints[endpoint] + path;
  request.body = std::move(body);
  request.authorization = token_;
  request.timeout_ms = attempt_ms();
  request.connect_timeout_ms = attempt_ms();
  return request;
}

void etcd_client::attempt(const pending_ptr& p) {
  const std::int64_t left_ms = p->deadline_ms - now_ms();
  if (stopping()) return end(p, {.fate = etcd_fate::not_done, .why = "this node stops"});
  if (left_ms <= 0) return end(p, {.fate = etcd_fate::not_done, .why = "no member answers"});
  if (needs_token())
    return authenticate([this, p](std::string trouble) {
      trouble.empty() ? attempt(p) : again(p, etcd_fate::not_done, trouble);
    });
  ++p->attempts;
  const std::size_t endpoint = preferred_;
  http_post request = request_to(endpoint, p->path, p->body);
  request.timeout_ms = std::min(left_ms, request.timeout_ms);
  request.own_connection = p->k == kind::change;
  loop_.post(std::move(request),
             [this, p, endpoint](http_answer answer) { judge(p, endpoint, std::move(answer)); });
}

void etcd_client::judge(const pending_ptr& p, std::size_t endpoint, http_answer answer) {
  switch (answer.fate) {
    case http_fate::answered:
      if (answer.status != 200) return refused(p, endpoint, answer);
      last_answer_ms_ = now_ms();
      return end(p, {.fate = etcd_fate::answered, .body = std::move(answer.body)});
    case http_fate::too_long:
      log_nonsense(endpoint, answer.error);
      return end(p, {.fate = etcd_fate::nonsense, .why = answer.error});
    case http_fate::not_sent:
      avoid(endpoint);
      return again(p, etcd_fate::not_done, answer.error);
    case http_fate::no_answer:
      avoid(endpoint);
      if (p->k == kind::change) return end(p, {.fate = etcd_fate::unknown, .why = answer.error});
      return again(p, etcd_fate::not_done, answer.error);
  }
}

/// An answer with another status than 200.
void etcd_client::refused(const pending_ptr& p, std::size_t endpoint, const http_answer& answer) {
  const etcd_error error = read_error(answer.body);
  const bool in_trouble = answer.status >= 500;  // no leader, a timeout, overload
  if (error.code == 0 && !in_trouble) {
    log_nonsense(endpoint, "status " + std::to_string(answer.status) + ": " + error.text);
    return end(p, {.fate = etcd_fate::nonsense, .why = error.text});
  }
  if (about_token(error) && !options_.user.empty() && p->token_renewals++ < token_renewals_max) {
    token_.clear();
    without_authentication_ = false;
    return attempt(p);
  }
  if (in_trouble || error.code == 8 || error.code == 14) {
    avoid(endpoint);
    if (p->k == kind::change) return end(p, {.fate = etcd_fate::unknown, .why = error.text});
    return again(p, etcd_fate::not_done, error.text);
  }
  last_answer_ms_ = now_ms();
  end(p, {.fate = etcd_fate::refused, .code = error.code, .why = error.text});
}

void etcd_client::again(const pending_ptr& p, etcd_fate if_over, const std::string& why) {
  const bool all_asked = p->attempts % options_.endpoints.size() == 0;
  const std::int64_t wait_ms = all_asked ? pause_ms : 0;
  if (stopping() || now_ms() + wait_ms >= p->deadline_ms)
    return end(p, {.fate = if_over, .why = why});
  if (wait_ms == 0) return attempt(p);
  loop_.after(wait_ms, [this, p] { attempt(p); });
}

void etcd_client::avoid(std::size_t endpoint) {
  if (preferred_ == endpoint) preferred_ = (endpoint + 1) % options_.endpoints.size();
}

void etcd_client::probe(std::size_t endpoint, std::string body, done d) {
  loop_.post(request_to(endpoint, "/v3/kv/range", std::move(body)),
             [this, d = std::move(d)](http_answer answer) {
               const bool fine = answer.fate == http_fate::answered && answer.status == 200;
               if (fine) last_answer_ms_ = now_ms();
               const bool expired = answer.fate == http_fate::answered && !fine &&
                                    about_token(read_error(answer.body));
               if (expired) token_.clear();
               d({.fate = fine      ? etcd_fate::answered
                          : expired ? etcd_fate::refused
                                    : etcd_fate::not_done,
                  .body = std::move(answer.body),
                  .why = answer.error});
             });
}

etcd_client::stream etcd_client::open_stream(std::string path, std::string body,
                                             std::function<bool(std::string_view)> received,
                                             std::function<void(std::string)> ended) {
  const std::size_t endpoint = preferred_;
  http_post request = request_to(endpoint, path, std::move(body));
  request.timeout_ms = 0;
  request.stream = std::move(received);
  const auto id =
      loop_.post(std::move(request), [this, ended = std::move(ended)](http_answer answer) {
        const etcd_error error = read_error(answer.body);
        if (answer.status != 200 && about_token(error)) token_.clear();
        ended(answer.error.empty() ? error.text : answer.error);
      });
  return {id, endpoint};
}

void etcd_client::last_word(std::string path, std::string body) {
  loop_.post(request_to(preferred_, path, std::move(body)), [](const http_answer&) {});
}

bool etcd_client::answered_within(std::int64_t ms) const {
  return now_ms() - last_answer_ms_ <= ms;
}

void etcd_client::log_nonsense(std::size_t endpoint, const std::string& what) {
  if (now_ms() < no_log_before_ms_) return;
  no_log_before_ms_ = now_ms() + 1000;
  log_event(log_level::warn, "etcd answered nonsense",
            {{"endpoint", options_.endpoints[endpoint]}, {"what", utf8_prefix(what, 200)}});
}

// --- authentication -----------------------------------------------------------------------------

bool etcd_client::needs_token() const {
  return !options_.user.empty() && token_.empty() && !without_authentication_;
}

void etcd_client::with_token(std::function<void()> then) {
  if (!needs_token() || stopping()) return then();
  authenticate([then = std::move(then)](const std::string&) { then(); });
}

/// One request at a time, for all that wait.
void etcd_client::authenticate(std::function<void(std::string)> then) {
  if (await_token_.empty() && now_ms() < no_authentication_before_ms_)
    return then("etcd refuses user and password");
  await_token_.push_back(std::move(then));
  if (await_token_.size() > 1) return;
  const std::size_t endpoint = preferred_;
  loop_.post(request_to(endpoint, "/v3/auth/authenticate",
                        authenticate_request(options_.user, options_.password)),
             [this, endpoint](http_answer answer) { authenticated(endpoint, std::move(answer)); });
}

void etcd_client::authenticated(std::size_t endpoint, http_answer answer) {
  std::string trouble = answer.error;
  if (answer.fate == http_fate::answered && answer.status == 200) {
    auto token = read_token(answer.body);
    if (token) token_ = std::move(*token);
    if (!token) log_nonsense(endpoint, trouble = token.error().text);
  } else if (answer.fate == http_fate::answered) {
    const etcd_error error = read_error(answer.body);
    without_authentication_ = error.text.find("not enabled") != std::string::npos;
    if (!without_authentication_) {
      trouble = "status " + std::to_string(answer.status) + ": " + error.text;
      no_authentication_before_ms_ = now_ms() + authentication_pause_ms;
    }
    log_event(log_level::warn, "etcd gives no token",
              {{"endpoint", options_.endpoints[endpoint]}, {"why", error.text}});
  }
  if (!trouble.empty()) avoid(endpoint);
  for (const auto& then : std::exchange(await_token_, {})) then(trouble);
}

}  // namespace taskdriver::cluster
