// The rate limiter under given times: windows, proof of tokens, addresses, bounded memory.
#include "http/rate_limiter.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/http_edge/collected_headers.hpp"

using namespace taskdriver;
using namespace taskdriver::http;

namespace {

constexpr std::int64_t window_ms = 15 * 60 * 1000;

domain::token_hash token_number(std::uint32_t n) {
  domain::token_hash token{};
  for (std::size_t i = 0; i < 4; ++i) token[i] = static_cast<std::uint8_t>(n >> (8 * i));
  token[31] = 1;
  return token;
}

rate_caller tokenless(std::string_view address) {
  return {rate_caller::kind::tokenless, address_key_of(address), {}};
}
rate_caller login_from(std::string_view address) {
  return {rate_caller::kind::login, address_key_of(address), {}};
}
rate_caller with_token(std::string_view address, std::uint32_t n) {
  return {rate_caller::kind::token, address_key_of(address), token_number(n)};
}

struct limiter_of_three {
  rate_limits limits{.per_ip = 3, .per_session = 5, .for_admin = 7, .keys_max = 1600};
  rate_limiter limiter{limits};
  instant now{1'000'000, 1'700'000'000'000};

  void pass(std::int64_t ms) { now.steady_ms += ms, now.wall_ms += ms; }
  bool call(const rate_caller& caller, std::optional<std::uint32_t> proven = std::nullopt) {
    const auto verdict = limiter.admit(caller, now);
    if (!verdict.allowed) return false;
    std::optional<domain::token_hash> token;
    if (proven) token = token_number(*proven);
    last = limiter.settle(caller, verdict, token, now);
    return last.allowed;
  }
  rate_verdict last;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rate_limits_of_addresses, limiter_of_three)

BOOST_AUTO_TEST_CASE(a_caller_without_token_has_the_budget_of_its_address) {
  for (int i = 0; i < 3; ++i) BOOST_TEST(call(tokenless("192.0.2.1")));
  BOOST_TEST(!call(tokenless("192.0.2.1")));
  BOOST_TEST(call(tokenless("192.0.2.2")));
}

BOOST_AUTO_TEST_CASE(a_window_ends_after_15_minutes_and_not_before) {
  for (int i = 0; i < 3; ++i) call(tokenless("192.0.2.1"));
  pass(window_ms - 1);
  BOOST_TEST(!call(tokenless("192.0.2.1")));
  pass(1);
  BOOST_TEST(call(tokenless("192.0.2.1")));
  BOOST_TEST(last.remaining == 2u);
}

BOOST_AUTO_TEST_CASE(a_jump_of_the_wall_clock_opens_no_window) {
  for (int i = 0; i < 3; ++i) call(tokenless("192.0.2.1"));
  now.wall_ms += 10 * window_ms;
  BOOST_TEST(!call(tokenless("192.0.2.1")));
}

BOOST_AUTO_TEST_CASE(the_headers_tell_limit_rest_and_end_of_the_window) {
  call(tokenless("192.0.2.1"));
  pass(60'000);
  call(tokenless("192.0.2.1"));
  collected_headers headers;
  add_rate_headers(last, headers);
  BOOST_TEST(headers["X-RateLimit-Limit"] == "3");
  BOOST_TEST(headers["X-RateLimit-Remaining"] == "1");
  BOOST_TEST(headers["X-RateLimit-Reset"] == std::to_string(1'700'000'000 + 900));
  BOOST_TEST(headers["Retry-After"] == "");
}

BOOST_AUTO_TEST_CASE(a_refusal_says_when_to_come_back) {
  for (int i = 0; i < 3; ++i) call(tokenless("192.0.2.1"));
  pass(window_ms - 1500);
  collected_headers headers;
  add_rate_headers(limiter.admit(tokenless("192.0.2.1"), now), headers);
  BOOST_TEST(headers["Retry-After"] == "2");
  BOOST_TEST(headers["X-RateLimit-Remaining"] == "0");
}

BOOST_AUTO_TEST_CASE(a_look_charges_nothing) {
  for (int i = 0; i < 10; ++i) limiter.show(tokenless("192.0.2.1"), now);
  BOOST_TEST(limiter.show(tokenless("192.0.2.1"), now).remaining == 3u);
  BOOST_TEST(limiter.keys() == 0u);
}

BOOST_AUTO_TEST_CASE(a_look_refuses_nobody) {
  while (call(tokenless("192.0.2.1"))) {
  }
  BOOST_TEST(limiter.show(tokenless("192.0.2.1"), now).allowed);
  BOOST_TEST(limiter.show(tokenless("192.0.2.1"), now).remaining == 0u);
}

BOOST_AUTO_TEST_CASE(ipv6_addresses_of_one_network_of_64_bits_are_one_caller) {
  BOOST_TEST((address_key_of("2001:db8:1:2::1") == address_key_of("[2001:db8:1:2:ffff::9]")));
  BOOST_TEST((address_key_of("2001:db8:1:2::1") != address_key_of("2001:db8:1:3::1")));
}

BOOST_AUTO_TEST_CASE(an_ipv4_address_mapped_into_ipv6_is_the_ipv4_one) {
  BOOST_TEST((address_key_of("::ffff:192.0.2.1") == address_key_of("192.0.2.1")));
  BOOST_TEST((address_key_of("::ffff:192.0.2.2") != address_key_of("192.0.2.1")));
  BOOST_TEST((address_key_of("no address") == address_key_of("")));
  BOOST_TEST((address_key_of("no address") != address_key_of("::1")));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(rate_limits_of_sessions, limiter_of_three)

BOOST_AUTO_TEST_CASE(any_number_of_agents_log_in_and_work_from_one_address) {
  for (std::uint32_t agent = 1; agent <= 100; ++agent) {
    BOOST_TEST(call(login_from("192.0.2.1"), agent));
    BOOST_TEST(call(with_token("192.0.2.1", agent), agent));
  }
  BOOST_TEST(last.limit == 5u);
  BOOST_TEST(last.remaining == 3u);
  BOOST_TEST(limiter.show(tokenless("192.0.2.1"), now).remaining == 3u);
}

BOOST_AUTO_TEST_CASE(failed_logins_are_charged_to_the_address) {
  for (int i = 0; i < 3; ++i) BOOST_TEST(call(login_from("192.0.2.1")));
  BOOST_TEST(last.limit == 3u);
  BOOST_TEST(!call(login_from("192.0.2.1")));
  BOOST_TEST(!call(tokenless("192.0.2.1")));
}

BOOST_AUTO_TEST_CASE(garbage_tokens_are_charged_to_the_address) {
  for (std::uint32_t i = 0; i < 3; ++i) BOOST_TEST(call(with_token("192.0.2.1", i)));
  BOOST_TEST(!call(with_token("192.0.2.1", 99)));
}

BOOST_AUTO_TEST_CASE(a_proven_session_works_though_its_address_is_used_up) {
  call(login_from("192.0.2.1"), 1);
  while (call(tokenless("192.0.2.1"))) {
  }
  BOOST_TEST(call(with_token("192.0.2.1", 1), 1));
}

BOOST_AUTO_TEST_CASE(strangers_at_its_address_do_not_lock_out_a_session_that_is_new_here) {
  while (call(with_token("192.0.2.1", 99))) {
  }
  BOOST_TEST(call(with_token("192.0.2.1", 1), 1));
}

BOOST_AUTO_TEST_CASE(a_session_has_a_budget_of_its_own) {
  call(login_from("192.0.2.1"), 1);
  for (int i = 0; i < 4; ++i) BOOST_TEST(call(with_token("192.0.2.1", 1), 1));
  BOOST_TEST(!call(with_token("192.0.2.1", 1), 1));
  BOOST_TEST(!call(with_token("192.0.2.7", 1), 1));  // wherever it comes from
  pass(window_ms);
  BOOST_TEST(call(with_token("192.0.2.1", 1), 1));
}

BOOST_AUTO_TEST_CASE(a_distrusted_token_is_garbage_like_any_other) {
  call(login_from("192.0.2.1"), 1);
  limiter.distrust(token_number(1));
  for (int i = 0; i < 3; ++i) BOOST_TEST(call(with_token("192.0.2.1", 1)));
  BOOST_TEST(!call(with_token("192.0.2.1", 1)));
}

BOOST_AUTO_TEST_CASE(a_trusted_session_pays_itself_for_requests_that_fail_early) {
  call(login_from("192.0.2.1"), 1);
  BOOST_TEST(call(with_token("192.0.2.1", 1)));  // 422 before anybody looked at the token
  BOOST_TEST(last.remaining == 3u);
  BOOST_TEST(limiter.show(tokenless("192.0.2.1"), now).remaining == 3u);
}

BOOST_AUTO_TEST_CASE(many_unproven_logins_may_be_under_way_at_once) {
  for (int i = 0; i < 50; ++i) BOOST_TEST(limiter.admit(login_from("192.0.2.1"), now).allowed);
}

BOOST_AUTO_TEST_CASE(the_admin_token_has_its_own_budget) {
  const rate_caller admin{rate_caller::kind::admin, address_key_of("192.0.2.1"), {}};
  for (int i = 0; i < 7; ++i) BOOST_TEST(call(admin));
  BOOST_TEST(!call(admin));
  BOOST_TEST(call(tokenless("192.0.2.1")));
}

BOOST_AUTO_TEST_CASE(zero_switches_a_limit_off_and_its_headers_too) {
  rate_limiter unlimited({.per_ip = 0, .per_session = 0, .for_admin = 0});
  for (int i = 0; i < 1000; ++i) BOOST_TEST(unlimited.admit(tokenless("::1"), now).allowed);
  collected_headers headers;
  add_rate_headers(unlimited.admit(tokenless("::1"), now), headers);
  BOOST_TEST(headers.all.empty());
}

BOOST_AUTO_TEST_CASE(an_unlimited_session_does_not_depend_on_its_address) {
  rate_limiter sessions_free({.per_ip = 1, .per_session = 0});
  const auto caller = with_token("192.0.2.1", 1);
  const auto first = sessions_free.admit(caller, now);
  BOOST_TEST(sessions_free.settle(caller, first, token_number(1), now).limit == 0u);
  BOOST_TEST(sessions_free.admit(tokenless("192.0.2.1"), now).allowed);
  BOOST_TEST(!sessions_free.admit(tokenless("192.0.2.1"), now).allowed);
  BOOST_TEST(sessions_free.admit(caller, now).allowed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(rate_limiter_memory, limiter_of_three)

std::string address_number(int n) {
  return "10." + std::to_string(n >> 16 & 255) + '.' + std::to_string(n >> 8 & 255) + '.' +
         std::to_string(n & 255);
}

BOOST_AUTO_TEST_CASE(stays_bounded_under_a_flood_of_addresses) {
  for (int i = 0; i < 20'000; ++i) BOOST_TEST(call(tokenless(address_number(i))));
  BOOST_TEST(limiter.keys() <= 1600u);
}

BOOST_AUTO_TEST_CASE(a_flood_does_not_push_out_who_was_refused) {
  while (call(tokenless("192.0.2.1"))) {
  }
  for (int i = 0; i < 20'000; ++i) call(tokenless(address_number(i)));
  BOOST_TEST(!call(tokenless("192.0.2.1")));
}

BOOST_AUTO_TEST_CASE(a_flood_of_addresses_does_not_push_out_sessions) {
  call(login_from("192.0.2.1"), 1);
  for (int i = 0; i < 20'000; ++i) call(tokenless(address_number(i)));
  BOOST_TEST(limiter.show(with_token("192.0.2.1", 1), now).limit == 5u);
}

BOOST_AUTO_TEST_CASE(windows_that_are_over_make_room_first) {
  while (call(tokenless("192.0.2.1"))) {
  }
  pass(window_ms);
  for (int i = 0; i < 5'000; ++i) call(tokenless(address_number(i)));
  BOOST_TEST(limiter.keys() <= 1600u);
  BOOST_TEST(call(tokenless("192.0.2.1")));
}

BOOST_AUTO_TEST_SUITE_END()
