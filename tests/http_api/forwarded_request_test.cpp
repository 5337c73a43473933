// Requests that another node carries out: what travels, how it is read there, and the way back.
#include "http/forwarded_request.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "fake_actors.hpp"

namespace taskdriver::http {
namespace {

const std::string project_path = "/api/projects/" + sample_project_id().text();

struct clustered_api : api_fixture {
  clustered_api() { options.in_cluster = true; }
};

BOOST_FIXTURE_TEST_SUITE(a_request_for_another_node, clustered_api)

BOOST_AUTO_TEST_CASE(travels_as_it_came_but_without_its_token) {
  auto r = make_request("POST", "/api/projects?x=1", R"({"name":"p"})");
  r.headers.add("Authorization", "Bearer admin");
  r.headers.add("X-Correlation-ID", "my-id");
  send(std::move(r));
  const auto wire = next_asked()->wire();
  const auto read = decode_forwarded(wire);
  BOOST_REQUIRE(read);
  BOOST_TEST(read->method == "POST");
  BOOST_TEST(read->target == "/api/projects?x=1");
  BOOST_TEST(read->correlation_id == "my-id");
  BOOST_TEST(read->body == R"({"name":"p"})");
  BOOST_TEST(wire.find("admin") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_not_kept_on_a_node_by_itself) {
  options.in_cluster = false;
  send_as_admin("GET", project_path);
  BOOST_TEST(next_asked()->wire() == "");
}

BOOST_AUTO_TEST_CASE(is_read_by_the_same_handler) {
  send_as_admin("GET", project_path);
  const auto wire = next_asked()->wire();
  auto read = server().reader()->read(wire, actors::admin_credentials{});
  BOOST_REQUIRE(read.ok());
  BOOST_TEST((std::get<actors::to_project>(read->to).id == sample_project_id()));
  BOOST_TEST(std::holds_alternative<domain::get_project>(std::get<domain::command>(read->what)));
}

BOOST_AUTO_TEST_CASE(is_answered_with_what_the_other_node_rendered) {
  auto client = send_as_admin("POST", "/api/projects", R"({"name":"p"})");
  auto asked = next_asked();
  auto read = server().reader()->read(asked->wire(), asked->from);
  BOOST_REQUIRE(read.ok());
  asked->respond_rendered(read->renderer->render(domain::reply{sample_project()}));
  BOOST_REQUIRE(client->got);
  BOOST_TEST(client->got->status == 201);
  BOOST_TEST(client->got->body.find("ai-analysis") != std::string::npos);
  BOOST_TEST(client->count("X-RateLimit-Limit") == 1u);
}

BOOST_AUTO_TEST_CASE(has_the_errors_of_the_other_node_with_its_own_correlation_id) {
  auto r = make_request("GET", project_path);
  r.headers.add("Authorization", "Bearer admin");
  r.headers.add("X-Correlation-ID", "my-id");
  auto client = send(std::move(r));
  auto asked = next_asked();
  auto read = server().reader()->read(asked->wire(), asked->from);
  BOOST_REQUIRE(read.ok());
  asked->respond_rendered(read->renderer->render(error_info{errc::outcome_unknown, "unknown"}));
  BOOST_TEST(client->got->status == 503);
  BOOST_TEST(client->header("Retry-After") == "1");
  const auto body = nlohmann::json::parse(client->got->body);
  BOOST_TEST(body["code"] == "outcome_unknown");
  BOOST_TEST(body["correlationId"] == "my-id");
}

BOOST_AUTO_TEST_CASE(is_charged_to_a_session_that_the_other_node_found_valid) {
  auto r = make_request("GET", project_path);
  r.headers.add("Authorization",
                "Bearer " + make_session_token(project_number{7}, std::string(32, 's')));
  auto client = send(std::move(r));
  auto asked = next_asked();
  asked->caller = {.authenticated = true, .agent = "a1", .forwarded_to = "n2"};
  asked->respond_rendered({.status = 200, .body = "{}"});
  BOOST_TEST(client->header("X-RateLimit-Limit") == "1000000");
}

BOOST_AUTO_TEST_CASE(that_is_a_login_proves_the_token_drawn_there) {
  auto client =
      send(make_request("POST", "/api/auth/login", R"({"agentName":"a","projectId":"p"})"));
  domain::token_hash token{};
  token.fill(5);
  next_asked()->respond_rendered({.status = 200, .body = "{}", .new_token = token});
  BOOST_TEST(client->header("X-RateLimit-Limit") == "1000000");
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_cannot_be_read) {
  const auto reader = server().reader();
  for (const auto& wire : {std::string(), std::string("\x02"), std::string("\x01\x05GE")})
    BOOST_TEST((reader->read(wire, {}).error().code == errc::internal));
  const auto unknown = encode_forwarded({.method = "GET", .target = "/health"});
  BOOST_TEST((reader->read(unknown, {}).error().code == errc::not_found));
}

BOOST_AUTO_TEST_CASE(has_the_bytes_of_version_1) {
  const auto bytes =
      encode_forwarded({.method = "GET", .target = "/a", .correlation_id = "i", .body = "b"});
  BOOST_TEST(to_hex(bytes) == "0103474554022f61016962");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::http
