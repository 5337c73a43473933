// CORS and security headers.
#include <boost/test/unit_test.hpp>

#include "http/cors.hpp"
#include "http/security_headers.hpp"
#include "tests/http_edge/collected_headers.hpp"

using namespace taskdriver::http;

BOOST_AUTO_TEST_SUITE(cors)

BOOST_AUTO_TEST_CASE(every_page_may_call_by_default_but_without_credentials) {
  collected_headers headers;
  cors_policy().add_headers("https://example.com", headers);
  BOOST_TEST(headers["Access-Control-Allow-Origin"] == "*");
  BOOST_TEST(headers["Access-Control-Allow-Credentials"] == "");
  BOOST_TEST(headers["Access-Control-Expose-Headers"].find("X-Correlation-ID") == 0u);
  BOOST_TEST(headers["Vary"] == "");
}

BOOST_AUTO_TEST_CASE(a_preflight_learns_methods_and_headers) {
  collected_headers headers;
  cors_policy().add_preflight_headers("https://example.com", headers);
  BOOST_TEST(headers["Access-Control-Allow-Methods"] == "GET, POST, PUT, DELETE, OPTIONS");
  BOOST_TEST(headers["Access-Control-Allow-Headers"] ==
             "Authorization, Content-Type, X-Correlation-ID");
  BOOST_TEST(headers["Access-Control-Max-Age"] == "7200");
}

BOOST_AUTO_TEST_CASE(only_options_with_origin_and_method_is_a_preflight) {
  BOOST_TEST(cors_policy::is_preflight("OPTIONS", "https://a.example", "PUT"));
  BOOST_TEST(!cors_policy::is_preflight("OPTIONS", "", "PUT"));
  BOOST_TEST(!cors_policy::is_preflight("OPTIONS", "https://a.example", ""));
  BOOST_TEST(!cors_policy::is_preflight("GET", "https://a.example", "PUT"));
}

BOOST_AUTO_TEST_CASE(a_list_lets_its_pages_in_and_no_other) {
  auto policy = cors_policy::make({"https://A.example", "http://localhost:8080"});
  BOOST_REQUIRE(policy.ok());
  collected_headers good, bad, none;
  policy->add_headers("https://a.example", good);
  policy->add_preflight_headers("https://a.example.evil.example", bad);
  policy->add_headers("", none);
  BOOST_TEST(good["Access-Control-Allow-Origin"] == "https://a.example");
  BOOST_TEST(bad["Access-Control-Allow-Origin"] == "");
  BOOST_TEST(bad["Access-Control-Allow-Methods"] == "");
  for (const auto* headers : {&good, &bad, &none}) BOOST_TEST((*headers)["Vary"] == "Origin");
}

BOOST_AUTO_TEST_CASE(what_is_no_origin_is_refused_at_start) {
  for (const char* wrong :
       {"example.com", "https://", "https://a.example/path", "", "a b://c", "https://a\r\nb"})
    BOOST_TEST(!cors_policy::make({wrong}).ok());
  BOOST_TEST(cors_policy::make({"*"}).ok());
  BOOST_TEST(cors_policy::make({"https://[::1]:3000"}).ok());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(security_headers)

BOOST_AUTO_TEST_CASE(are_the_documented_ones) {
  collected_headers headers;
  add_security_headers({}, headers);
  BOOST_TEST(headers["X-Content-Type-Options"] == "nosniff");
  BOOST_TEST(headers["X-Frame-Options"] == "DENY");
  BOOST_TEST(headers["X-XSS-Protection"] == "1; mode=block");
  BOOST_TEST(headers["Cache-Control"] == "no-store");
  BOOST_TEST(headers["Strict-Transport-Security"] == "");
}

BOOST_AUTO_TEST_CASE(demand_https_only_under_tls) {
  collected_headers headers;
  add_security_headers({.tls = true, .no_store = false}, headers);
  BOOST_TEST(headers["Strict-Transport-Security"].starts_with("max-age="));
  BOOST_TEST(headers["Cache-Control"] == "");
}

BOOST_AUTO_TEST_SUITE_END()
