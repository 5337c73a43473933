// Counts requests per caller in windows of 15 minutes and refuses what is over budget (A8).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "domain/records.hpp"
#include "http/header_sink.hpp"

namespace taskdriver::http {

/// Requests per window; 0 = that kind of caller is not limited and gets no headers.
struct rate_limits {
  std::uint64_t per_ip = 100;  // callers without a valid token
  std::uint64_t per_session = 1'000'000;
  std::uint64_t for_admin = 100'000'000;
  std::int64_t window_ms = 15 * 60 * 1000;
  /// Addresses and sessions remembered, each; beyond it the least interesting ones are forgotten.
  std::size_t keys_max = 100'000;
};

/// An address as far as it tells callers apart: IPv4 whole, IPv6 its first 64 bits, because every
/// subscriber has at least that many.
using address_key = std::array<std::uint8_t, 16>;

/// `address`: "192.0.2.1", "2001:db8::1", "[2001:db8::1]", "::ffff:192.0.2.1" (the IPv4 one).
/// Anything else shares one key.
address_key address_key_of(std::string_view address);

/// Who asks, as far as the request alone tells.
struct rate_caller {
  enum class kind : std::uint8_t {
    tokenless,  // charged to the address at once
    login,      // charged when the answer is known: to the address, or to the new session
    token,      // to the session; if the answer shows that there is none, to the address
    admin,      // the admin token, already compared
  };
  kind who = kind::tokenless;
  address_key address{};
  domain::token_hash token{};  // of kind token
};

/// What the rate-limit headers say. `limit` 0: not limited, no headers.
struct rate_verdict {
  bool allowed = true;
  bool settled = true;  // false: settle() charges it when the answer is known
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  std::int64_t reset_unix_s = 0;  // when the window ends
  int retry_after_s = 0;          // for the 429
};

/// Budgets of all callers of this node. A token is trusted only after an answer has shown that it
/// is valid, so that garbage tokens count against their address; and logins that succeed are
/// charged to their session, so that any number of agents can work from one address.
///
///   request --admit--> refused (429)
///                 \--> allowed --answer--settle--> token valid: charged to the session
///                                            \---> not: charged to the address
///
/// A request with a token is always looked at, whoever else used up the address's budget.
/// Several unproven requests may be under way at once before the first is charged: their number is
/// bounded by the open connections.
///
/// Thread: any, for every method; a call holds one of 32 locks for some tens of nanoseconds.
/// Owns: its counters, at most `keys_max` addresses and as many sessions.
class rate_limiter {
public:
  explicit rate_limiter(const rate_limits& limits);
  ~rate_limiter();
  rate_limiter(const rate_limiter&) = delete;
  rate_limiter& operator=(const rate_limiter&) = delete;

  /// To be asked before a request is worked on.
  rate_verdict admit(const rate_caller& caller, instant now);

  /// To be told once per unsettled request when its answer is known; gives what the headers say.
  /// `proven`: the token that was found valid (a login's: the new one), else nullopt.
  /// Not allowed: a token that is not valid, from an address without budget; to be answered 429.
  rate_verdict settle(const rate_caller& caller, const rate_verdict& admitted,
                      const std::optional<domain::token_hash>& proven, instant now);

  /// To be told when a token was refused (401): it is trusted no more, whatever it was before.
  void distrust(const domain::token_hash& token);

  /// The budget as it stands, nothing charged and nothing refused: for preflights and the pages of
  /// the docs.
  rate_verdict show(const rate_caller& caller, instant now) const;

  /// Addresses and sessions remembered now.
  std::size_t keys() const;

private:
  struct table;
  rate_limits limits_;
  std::unique_ptr<table> addresses_;
  std::unique_ptr<table> sessions_;  // the admin token's budget is kept under an all-zero hash
};

/// X-RateLimit-Limit, -Remaining and -Reset (Unix seconds), and Retry-After when refused.
void add_rate_headers(const rate_verdict& verdict, header_sink& out);

}  // namespace taskdriver::http
