// The way of whole requests through the API server, with stand-ins for actors and connections.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "fake_actors.hpp"

namespace taskdriver::http {
namespace {

const std::string project_path = "/api/projects/" + sample_project_id().text();

nlohmann::json body_of(const fake_client& client) {
  return nlohmann::json::parse(client.got->body);
}

BOOST_FIXTURE_TEST_SUITE(api_requests, api_fixture)

BOOST_AUTO_TEST_CASE(a_request_goes_to_the_actors_and_their_reply_to_the_client) {
  auto client = send_as_admin("GET", project_path);
  BOOST_TEST(client->answers == 0);
  auto asked = next_asked();
  BOOST_TEST(std::holds_alternative<actors::admin_credentials>(asked->from));
  asked->respond(domain::reply{sample_project()});
  BOOST_REQUIRE(client->got);
  BOOST_TEST(client->got->status == 200);
  BOOST_TEST(client->got->content_type == "application/json");
  BOOST_TEST(body_of(*client)["data"]["name"] == "ai-analysis");
}

BOOST_AUTO_TEST_CASE(a_second_answer_is_ignored) {
  auto client = send_as_admin("GET", project_path);
  auto asked = next_asked();
  asked->respond(domain::reply{sample_project()});
  asked->respond(error_info{errc::not_found, "Project not found"});
  asked.reset();
  BOOST_TEST(client->answers == 1);
  BOOST_TEST(client->got->status == 200);
}

BOOST_AUTO_TEST_CASE(a_request_that_dies_unanswered_is_503_with_retry_after) {
  auto client = send_as_admin("DELETE", project_path);
  actors.asked.clear();
  BOOST_REQUIRE(client->got);
  BOOST_TEST(client->got->status == 503);
  BOOST_TEST(client->header("Retry-After") == "1");
}

BOOST_AUTO_TEST_CASE(a_request_may_outlive_the_server) {
  auto client = send_as_admin("GET", project_path);
  api.reset();
  next_asked()->respond(domain::reply{sample_project()});
  BOOST_TEST(client->got->status == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_hung_up_is_told_to_the_actors) {
  auto client = send_as_admin("GET", project_path);
  auto asked = next_asked();
  BOOST_TEST(!asked->gone());
  if (auto connection = client->connection.lock()) connection->gone = true;
  BOOST_TEST(asked->gone());
}

BOOST_AUTO_TEST_CASE(creation_is_201) {
  auto client = send_as_admin("POST", "/api/projects", R"({"name":"p"})");
  next_asked()->respond(domain::reply{sample_project()});
  BOOST_TEST(client->got->status == 201);
}

BOOST_AUTO_TEST_CASE(head_is_answered_like_get) {
  auto client = send_as_admin("HEAD", project_path);
  next_asked()->respond(domain::reply{sample_project()});
  BOOST_TEST(client->got->status == 200);
}

BOOST_AUTO_TEST_CASE(without_a_token_nothing_is_read) {
  auto client = send(make_request("POST", "/api/projects", "no json"));
  BOOST_TEST(client->got->status == 401);
  BOOST_TEST(client->header("WWW-Authenticate") == "Bearer");
  BOOST_TEST(body_of(*client)["error"] == "Authentication required");
  BOOST_TEST(actors.asked.empty());
}

BOOST_AUTO_TEST_CASE(a_token_that_cannot_be_one_is_401) {
  auto r = make_request("GET", project_path);
  r.headers.add("authorization", "Bearer nonsense");
  BOOST_TEST(send(std::move(r))->got->status == 401);
}

BOOST_AUTO_TEST_CASE(login_needs_no_token) {
  auto client =
      send(make_request("POST", "/api/auth/login", R"({"agentName":"a","projectId":"p"})"));
  auto asked = next_asked();
  BOOST_TEST(std::holds_alternative<actors::no_credentials>(asked->from));
  domain::login_view login{.record = {.id = "s", .agent = "a"}, .project = sample_project_id()};
  asked->respond(domain::reply{login});
  BOOST_TEST(client->got->status == 200);
  BOOST_TEST(body_of(*client)["data"]["token"].get<std::string>().size() == 48u);
}

BOOST_AUTO_TEST_CASE(the_token_of_a_login_names_its_session) {
  auto client =
      send(make_request("POST", "/api/auth/login", R"({"agentName":"a","projectId":"p"})"));
  auto asked = next_asked();
  const auto hash = std::get<domain::login>(std::get<domain::command>(asked->what)).token;
  domain::login_view login{.record = {.token = hash, .id = "s", .agent = "a"},
                           .project = sample_project_id()};
  asked->respond(domain::reply{login});
  auto r = make_request("GET", "/api/auth/session");
  r.headers.add("Authorization", "Bearer " + body_of(*client)["data"]["token"].get<std::string>());
  send(std::move(r));
  const auto from = std::get<actors::session_credentials>(next_asked()->from);
  BOOST_TEST((from.token == hash));
  BOOST_TEST(raw(from.home) == 7u);
}

BOOST_AUTO_TEST_CASE(wrong_fields_are_422_without_asking_the_actors) {
  auto client = send_as_admin("POST", "/api/projects", R"({"name":"invalid name!"})");
  BOOST_TEST(client->got->status == 422);
  BOOST_TEST(body_of(*client)["validationDetails"][0]["field"] == "name");
  BOOST_TEST(actors.asked.empty());
}

BOOST_AUTO_TEST_CASE(a_body_that_is_no_object_is_400) {
  BOOST_TEST(send_as_admin("POST", "/api/projects", "[]")->got->status == 400);
}

BOOST_AUTO_TEST_CASE(unknown_paths_and_methods_are_404_and_405) {
  BOOST_TEST(send_as_admin("GET", "/api/nothing")->got->status == 404);
  BOOST_TEST(send_as_admin("GET", "/api/tasks/%zz")->got->status == 400);
  auto client = send_as_admin("PATCH", "/api/projects");
  BOOST_TEST(client->got->status == 405);
  BOOST_TEST(client->header("Allow") == "GET, HEAD, POST, OPTIONS");
}

BOOST_AUTO_TEST_CASE(options_are_204_with_allow) {
  auto client = send(make_request("OPTIONS", "/api/projects"));
  BOOST_TEST(client->got->status == 204);
  BOOST_TEST(client->header("Allow") == "GET, HEAD, POST, OPTIONS");
  BOOST_TEST(send(make_request("OPTIONS", "*"))->got->status == 204);
  BOOST_TEST(send(make_request("OPTIONS", "/api/nothing"))->got->status == 404);
}

BOOST_AUTO_TEST_CASE(a_preflight_is_204_with_the_cors_headers_once) {
  auto r = make_request("OPTIONS", "/api/projects");
  r.headers.add("Origin", "https://page.example");
  r.headers.add("Access-Control-Request-Method", "POST");
  auto client = send(std::move(r));
  BOOST_TEST(client->got->status == 204);
  BOOST_TEST(client->header("Access-Control-Allow-Origin") == "*");
  BOOST_TEST(client->count("Access-Control-Allow-Origin") == 1u);
  BOOST_TEST(!client->header("Access-Control-Allow-Methods").empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(answer_headers, api_fixture)

BOOST_AUTO_TEST_CASE(a_good_correlation_id_comes_back_in_header_and_body) {
  auto r = make_request("GET", "/api/nothing");
  r.headers.add("x-correlation-id", "my.id_1-2");
  auto client = send(std::move(r));
  BOOST_TEST(client->header("X-Correlation-ID") == "my.id_1-2");
  BOOST_TEST(body_of(*client)["correlationId"] == "my.id_1-2");
  BOOST_TEST(body_of(*client)["timestamp"] == "2024-01-01T10:00:00.000Z");
}

BOOST_AUTO_TEST_CASE(a_bad_correlation_id_is_replaced) {
  for (const auto& bad : {std::string("a b"), std::string("a\"b"), std::string(129, 'a')}) {
    BOOST_TEST(correlation_id_of(bad) != bad);
    BOOST_TEST(correlation_id_of(bad).starts_with("req-"));
  }
  BOOST_TEST(correlation_id_of(std::string(128, 'a')) == std::string(128, 'a'));
}

BOOST_AUTO_TEST_CASE(every_answer_has_the_security_headers) {
  for (const auto* target : {"/health", "/api/nothing", "/nothing", "/api/openapi.json"}) {
    auto client = send(make_request("GET", target));
    BOOST_TEST(client->header("X-Content-Type-Options") == "nosniff", target);
    BOOST_TEST(client->header("X-Frame-Options") == "DENY", target);
    BOOST_TEST(client->header("X-XSS-Protection") == "1; mode=block", target);
    BOOST_TEST(client->count("Strict-Transport-Security") == 0u, target);
  }
}

BOOST_AUTO_TEST_CASE(every_api_answer_shows_the_budget) {
  auto client = send(make_request("GET", "/api/projects"));
  BOOST_TEST(client->header("X-RateLimit-Limit") == "100");
  BOOST_TEST(client->header("X-RateLimit-Remaining") == "99");
  BOOST_TEST(client->count("X-RateLimit-Reset") == 1u);
  BOOST_TEST(send(make_request("GET", "/api/nothing"))->header("X-RateLimit-Remaining") == "98");
  BOOST_TEST(send(make_request("GET", "/api/docs"))->header("X-RateLimit-Remaining") == "98");
  BOOST_TEST(send(make_request("GET", "/health"))->count("X-RateLimit-Limit") == 0u);
}

BOOST_AUTO_TEST_CASE(beyond_the_budget_it_is_429_with_one_retry_after) {
  options.limits.per_ip = 2;
  send(make_request("GET", "/api/projects"));
  send(make_request("GET", "/api/projects"));
  auto client = send(make_request("GET", "/api/projects"));
  BOOST_TEST(client->got->status == 429);
  BOOST_TEST(client->count("Retry-After") == 1u);
  BOOST_TEST(client->header("X-RateLimit-Remaining") == "0");
  BOOST_TEST(body_of(*client)["success"] == false);
  BOOST_TEST(send_as_admin("GET", "/api/nothing")->got->status == 404);
}

BOOST_AUTO_TEST_CASE(a_session_pays_for_itself_once_its_token_was_found_valid_and_until_it_ends) {
  const auto ask = [this](bool valid) {
    auto r = make_request("GET", project_path);
    r.headers.add("Authorization",
                  "Bearer " + make_session_token(project_number{7}, std::string(32, 's')));
    auto client = send(std::move(r));
    auto asked = next_asked();
    asked->caller.authenticated = valid;
    if (valid)
      asked->respond(domain::reply{sample_project()});
    else
      asked->respond(error_info{errc::unauthenticated, "Invalid or expired token"});
    return client->header("X-RateLimit-Limit");
  };
  BOOST_TEST(ask(false) == "100");
  BOOST_TEST(ask(true) == "1000000");
  BOOST_TEST(ask(true) == "1000000");
  ask(false);  // logged out
  BOOST_TEST(ask(false) == "100");
}

BOOST_AUTO_TEST_CASE(a_refused_token_beyond_its_address_s_budget_is_429_with_all_headers) {
  options.limits.per_ip = 2;
  send(make_request("GET", "/api/projects"));
  send(make_request("GET", "/api/projects"));
  auto r = make_request("GET", project_path);
  r.headers.add("X-Correlation-ID", "mine");
  r.headers.add("Authorization",
                "Bearer " + make_session_token(project_number{7}, std::string(32, 's')));
  const auto client = send(std::move(r));
  next_asked()->respond(error_info{errc::unauthenticated, "Invalid or expired token"});
  BOOST_TEST(client->got->status == 429);
  BOOST_TEST(client->count("X-RateLimit-Limit") == 1u);
  BOOST_TEST(client->count("Retry-After") == 1u);
  BOOST_TEST(client->header("X-Correlation-ID") == "mine");
  BOOST_TEST(client->header("X-Content-Type-Options") == "nosniff");
  BOOST_TEST(client->count("Access-Control-Allow-Origin") == 1u);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_server_itself_looks_like_one_of_the_api) {
  const auto answer = server().protocol_error(413, "The body is too large");
  BOOST_TEST(answer.status == 413);
  const auto body = nlohmann::json::parse(answer.body);
  BOOST_TEST(body["success"] == false);
  BOOST_TEST(body["error"] == "The body is too large");
  BOOST_TEST(body["correlationId"].get<std::string>().starts_with("req-"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(monitoring, api_fixture)

BOOST_AUTO_TEST_CASE(health_looks_as_in_the_reference) {
  server();
  time.at.steady_ms += 3'600'000;
  auto client = send(make_request("GET", "/health"));
  BOOST_TEST(client->got->status == 200);
  BOOST_TEST(client->got->body == R"({"success":true,"data":{"status":"healthy",)"
                                  R"("timestamp":"2024-01-01T10:00:00.000Z","uptime":3600,)"
                                  R"("storage":{"healthy":true,"provider":"rocksdb"}}})");
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_write_is_503_and_says_why) {
  node.state = {.writable = false, .reason = "disk full"};
  auto client = send(make_request("GET", "/health"));
  BOOST_TEST(client->got->status == 503);
  BOOST_TEST(client->count("Retry-After") == 1u);
  const auto body = body_of(*client);
  BOOST_TEST(body["success"] == false);
  BOOST_TEST(body["data"]["status"] == "unhealthy");
  BOOST_TEST(body["data"]["storage"]["reason"] == "disk full");
}

BOOST_AUTO_TEST_CASE(trouble_in_the_cluster_is_told_but_is_not_the_nodes) {
  node.in_cluster = {.peers_known = 2,
                     .peers_connected = 1,
                     .shards = 16,
                     .shards_served = 5,
                     .shards_without_primary = 3};
  auto client = send(make_request("GET", "/health"));
  BOOST_TEST(client->got->status == 200);
  const auto cluster = body_of(*client)["data"]["cluster"];
  BOOST_TEST(cluster["healthy"] == false);
  BOOST_TEST(cluster["registerReachable"] == false);
  BOOST_TEST(cluster["peersConnected"] == 1);
  BOOST_TEST(cluster["shardsWithoutPrimary"] == 3);
}

BOOST_AUTO_TEST_CASE(a_node_that_serves_nothing_and_reaches_nobody_is_503) {
  node.in_cluster = {.peers_known = 2, .shards = 16};
  node.state = {.alone = true, .reason = "no other node is reachable"};
  auto client = send(make_request("GET", "/health"));
  BOOST_TEST(client->got->status == 503);
  const auto data = body_of(*client)["data"];
  BOOST_TEST(data["status"] == "unhealthy");
  BOOST_TEST(data["storage"]["healthy"] == true);
  BOOST_TEST(data["cluster"]["reason"] == "no other node is reachable");
}

BOOST_AUTO_TEST_CASE(metrics_count_what_was_answered_and_what_is_under_way) {
  send(make_request("GET", "/api/nothing"));
  send_as_admin("GET", project_path);
  auto json = send(make_request("GET", "/metrics/json"));
  BOOST_TEST(json->got->status == 200);
  BOOST_TEST(body_of(*json)["data"]["requests_error"] == 1);
  auto text = send(make_request("GET", "/metrics"));
  BOOST_TEST(text->got->status == 200);
  BOOST_TEST(text->got->content_type == metrics::content_type);
  BOOST_TEST(text->got->body.find("# TYPE") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_documentation_needs_no_token) {
  auto page = send(make_request("GET", "/api/docs"));
  BOOST_TEST(page->got->status == 200);
  BOOST_TEST(page->got->content_type.starts_with("text/html"));
  BOOST_TEST(page->count("Cache-Control") == 1u);
  BOOST_TEST(send(make_request("GET", "/api/docs/docs.js"))->got->status == 200);
  BOOST_TEST(send(make_request("GET", "/api/docs/none.js"))->got->status == 404);
}

BOOST_AUTO_TEST_CASE(openapi_lists_every_route) {
  const auto document = body_of(*send(make_request("GET", "/api/openapi.json")));
  for (const auto& row : routes()) {
    std::string method(row.method);
    for (auto& c : method) c = static_cast<char>(c - 'A' + 'a');
    BOOST_TEST(document["paths"][std::string(row.pattern)].contains(method),
               row.method << " " << row.pattern);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::http
