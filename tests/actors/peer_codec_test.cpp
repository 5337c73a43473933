// Bytes between the actors of two nodes: what goes in comes out, and nothing else is accepted.
#include "actors/peer_codec.hpp"

#include <boost/test/unit_test.hpp>

#include "base/text.hpp"

namespace taskdriver::actors {
namespace {

request_route full_route() {
  const auto id = object_id::make(project_number{7}, sequence{9}, 11);
  domain::session session{.id = "session-1",
                          .agent = "a1",
                          .incarnation = 3,
                          .created_ms = 5,
                          .expires_ms = 6,
                          .last_activity_ms = 7};
  session.token.fill(4);
  return {.to = to_project{project_number{7}, id},
          .who = {.admin = false, .with = session, .home = project_number{2}},
          .caller = {.authenticated = true, .agent = "a1"},
          .verified = true,
          .let_by = true,
          .wait_ms = 1234};
}

std::vector<std::string> all_messages() {
  domain::token_hash token{};
  token.fill(1);
  const auto id = object_id::make(project_number{7}, sequence{0}, 11);
  domain::project_view view{.record = {.id = id, .name = "p", .created_ms = 1, .updated_ms = 2}};
  view.counters.queued = 3;
  rendered_answer rendered{.status = 503, .body = "{}", .retry_after_s = 1, .new_token = token};
  return {
      encode_question(visit_question{session_credentials{project_number{7}, token}, full_route(),
                                     std::string("wire\0", 5)}),
      encode_question(visit_question{admin_credentials{}, {.to = to_named_project{"x"}}, ""}),
      encode_question(
          order_question{project_number{7}, domain::create_project{.id = id, .name = "p"}}),
      encode_question(order_question{project_number{7}, domain::remove_project{}}),
      encode_question(order_question{project_number{7}, domain::get_project{}}),
      encode_question(status_question{project_number{7}, domain::project_status::closed}),
      encode_answer(visit_answer{rendered, {.authenticated = true, .agent = "a1"}}),
      encode_answer(moved_answer{full_route()}),
      encode_answer(order_answer{domain::reply{view}}),
      encode_answer(order_answer{domain::reply{domain::done_view{"Project deleted"}}}),
      encode_answer(order_answer{error_info{errc::not_found, "Project not found"}}),
      encode_answer(done_answer{}),
  };
}

/// Decodes and encodes again, as whichever it is.
std::string again(std::string_view bytes, bool is_question) {
  if (is_question) {
    auto q = decode_question(bytes);
    return q ? encode_question(*q) : "";
  }
  auto a = decode_answer(bytes);
  return a ? encode_answer(*a) : "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(messages_between_nodes)

BOOST_AUTO_TEST_CASE(come_out_as_they_went_in) {
  const auto messages = all_messages();
  for (std::size_t i = 0; i < messages.size(); ++i)
    BOOST_TEST(again(messages[i], i < 6) == messages[i], "message " << i);
}

BOOST_AUTO_TEST_CASE(keep_all_of_a_route) {
  const auto bytes = encode_answer(moved_answer{full_route()});
  const auto moved = decode_answer(bytes);
  BOOST_REQUIRE(moved.ok());
  const auto& route = std::get<moved_answer>(*moved).route;
  BOOST_TEST((std::get<to_project>(route.to).id == std::get<to_project>(full_route().to).id));
  BOOST_TEST((route.who.with == full_route().who.with));
  BOOST_TEST(raw(route.who.home) == 2u);
  BOOST_TEST(route.caller.agent == "a1");
  BOOST_TEST((route.verified && route.let_by && route.caller.authenticated && !route.who.admin));
  BOOST_TEST(route.wait_ms == 1234);
}

BOOST_AUTO_TEST_CASE(are_refused_when_something_is_missing_or_of_another_version) {
  const auto messages = all_messages();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    auto other = messages[i];
    other[0] = 2;
    BOOST_TEST(again(other, i < 6) == "");
    // What ends in free bytes may be shorter; then it says so.
    for (std::size_t cut = 0; cut < messages[i].size(); ++cut) {
      const auto shorter = std::string_view(messages[i]).substr(0, cut);
      const auto read = again(shorter, i < 6);
      BOOST_TEST((read.empty() || read == shorter));
    }
  }
}

BOOST_AUTO_TEST_CASE(have_the_bytes_of_version_1) {
  BOOST_TEST(to_hex(encode_question(status_question{
                 project_number{7}, domain::project_status::closed})) == "01030000000702");
  BOOST_TEST(to_hex(encode_question(
                 visit_question{admin_credentials{}, {.to = to_named_project{"x"}}, "w"})) ==
             "010101000201780000000000"
             "0077");
  BOOST_TEST(to_hex(encode_answer(order_answer{error_info{errc::not_found, "no"}})) ==
             "01040400026e6f");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
