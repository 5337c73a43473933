// Tokens and cursors: texts that clients hand back to us.
#include "http/authentication.hpp"

#include <boost/test/unit_test.hpp>

#include "base/text.hpp"
#include "http/cursor.hpp"

namespace taskdriver::http {
namespace {

using actors::admin_credentials;
using actors::no_credentials;
using actors::session_credentials;

template <class Kind>
bool is(const presented& who) {
  return std::holds_alternative<Kind>(who.from);
}

struct with_admin_token {
  const authenticator auth{"a-secret-of-the-admin"};
  const std::string secret = std::string(31, '\x80') + '\0';
  const std::string token = make_session_token(project_number{0x01020304}, secret);
};

BOOST_FIXTURE_TEST_SUITE(authentication, with_admin_token)

BOOST_AUTO_TEST_CASE(a_session_token_carries_its_project_and_its_secret) {
  BOOST_TEST(token.size() == 48u);
  const auto parsed = parse_session_token(token);
  BOOST_REQUIRE(parsed);
  BOOST_TEST(raw(parsed->home) == 0x01020304u);
  BOOST_TEST((parsed->token == hash_of(secret)));
}

BOOST_AUTO_TEST_CASE(the_hash_is_sha_256) {
  const auto hash = hash_of("abc");
  BOOST_TEST(to_hex({reinterpret_cast<const char*>(hash.data()), hash.size()}) ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(the_scheme_is_read_in_any_case) {
  for (const std::string scheme : {"Bearer ", "bearer ", "BEARER   ", "Bearer\t"})
    BOOST_TEST(is<session_credentials>(auth.identify(scheme + token + " ")), scheme);
}

BOOST_AUTO_TEST_CASE(no_header_is_nobody) {
  const auto who = auth.identify("");
  BOOST_TEST(is<no_credentials>(who));
  BOOST_TEST(!who.invalid);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_token_is_invalid) {
  for (const std::string& header :
       {std::string("Bearer"), std::string("Bearer "), std::string("Bearer x"),
        "Bearer " + token + "A", "Bearer" + token, "Basic " + token, "Bearer " + token.substr(1),
        "Bearer " + token.substr(0, 47) + "!", token}) {
    const auto who = auth.identify(header);
    BOOST_TEST(is<no_credentials>(who), header);
    BOOST_TEST(who.invalid, header);
  }
}

BOOST_AUTO_TEST_CASE(the_admin_token_is_compared_whole) {
  BOOST_TEST(is<admin_credentials>(auth.identify("Bearer a-secret-of-the-admin")));
  for (const auto* header : {"Bearer a-secret-of-the-admi", "Bearer a-secret-of-the-admin1",
                             "Bearer A-secret-of-the-admin"})
    BOOST_TEST(auth.identify(header).invalid, header);
}

BOOST_AUTO_TEST_CASE(an_empty_admin_token_is_nobodys) {
  BOOST_TEST(!is<admin_credentials>(authenticator("").identify("Bearer ")));
}

BOOST_AUTO_TEST_CASE(an_admin_token_that_looks_like_a_sessions_is_the_admins) {
  BOOST_TEST(is<admin_credentials>(authenticator(token).identify("Bearer " + token)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(cursors)

BOOST_AUTO_TEST_CASE(a_cursor_gives_its_place_back) {
  for (const std::uint64_t place : {std::uint64_t{0}, std::uint64_t{1}, sequence_max})
    BOOST_TEST(parse_cursor(make_cursor(task_cursor, place), task_cursor).value() == place);
}

BOOST_AUTO_TEST_CASE(a_cursor_of_another_list_or_version_is_refused) {
  BOOST_TEST(!parse_cursor(make_cursor(project_cursor, 1), task_cursor));
  BOOST_TEST(!parse_cursor(to_base64url(std::string("\x02t") + std::string(8, '\0')), task_cursor));
  for (const auto* text : {"", "x", "AXQAAAAAAAAAAQA", "!!!!", "AXQ"})
    BOOST_TEST(!parse_cursor(text, task_cursor), text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::http
