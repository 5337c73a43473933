// Which route a method and a path lead to.
#include "http/router.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "http/url.hpp"

namespace taskdriver::http {
namespace {

struct all_routes {
  const router routing{routes(), page_routes()};
};

BOOST_FIXTURE_TEST_SUITE(routing, all_routes)

BOOST_AUTO_TEST_CASE(every_route_is_found_by_its_own_pattern) {
  std::size_t place = 0;
  for (const auto table : {routes(), page_routes()}) {
    for (const auto& row : table) {
      const auto found = routing.match(row.method, row.pattern);
      BOOST_TEST((found.outcome == route_outcome::found), row.method << " " << row.pattern);
      BOOST_TEST((found.found == &row));
      BOOST_TEST(found.place == place++);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_route_is_answered_by_actors_or_by_a_page) {
  std::set<std::string_view> operation_ids;
  for (const auto& row : routes()) {
    BOOST_TEST((row.handler != nullptr));
    BOOST_TEST((row.page == local_page::none));
    BOOST_TEST(operation_ids.insert(row.operation_id).second,
               row.operation_id << " is there twice");
  }
  for (const auto& row : page_routes()) {
    BOOST_TEST((row.handler == nullptr));
    BOOST_TEST((row.page != local_page::none));
    BOOST_TEST((row.needs == access::open));
  }
}

BOOST_AUTO_TEST_CASE(the_parameter_is_decoded) {
  const auto found = routing.match("POST", "/api/agents/a%2Fb%20%C3%A4/next-task");
  BOOST_REQUIRE((found.outcome == route_outcome::found));
  BOOST_TEST(found.parameter == "a/b \xC3\xA4");
}

BOOST_AUTO_TEST_CASE(a_literal_segment_may_be_escaped) {
  BOOST_TEST((routing.match("GET", "/api/%70rojects").outcome == route_outcome::found));
}

BOOST_AUTO_TEST_CASE(a_broken_escape_is_malformed) {
  for (const auto* path : {"/api/tasks/%", "/api/tasks/%2", "/api/tasks/%zz", "/api/tasks/a%"})
    BOOST_TEST((routing.match("GET", path).outcome == route_outcome::malformed), path);
}

BOOST_AUTO_TEST_CASE(a_trailing_slash_case_or_more_segments_are_other_paths) {
  for (const auto* path : {"/api/projects/", "/API/projects", "/api/projects//tasks", "/api", "/",
                           "", "api/projects", "/api/tasks/x/complete/y", "//api/projects"})
    BOOST_TEST((routing.match("GET", path).outcome == route_outcome::not_found), path);
}

BOOST_AUTO_TEST_CASE(fifty_thousand_slashes_are_just_not_found) {
  const auto outcome = routing.match("GET", std::string(50'000, '/')).outcome;
  BOOST_TEST((outcome == route_outcome::not_found));
}

BOOST_AUTO_TEST_CASE(another_method_is_told_which_are_allowed) {
  const auto match = routing.match("PATCH", "/api/projects");
  BOOST_TEST((match.outcome == route_outcome::method_not_allowed));
  BOOST_TEST(match.allow == "GET, HEAD, POST, OPTIONS");
  BOOST_TEST(routing.match("GET", "/api/auth/login").allow == "POST, OPTIONS");
}

BOOST_AUTO_TEST_CASE(head_goes_where_get_goes) {
  const auto match = routing.match("HEAD", "/api/projects");
  BOOST_REQUIRE((match.outcome == route_outcome::found));
  BOOST_TEST(match.found->method == "GET");
  BOOST_TEST(
      (routing.match("HEAD", "/api/auth/login").outcome == route_outcome::method_not_allowed));
}

BOOST_AUTO_TEST_CASE(options_tells_the_methods_of_a_path_that_exists) {
  const auto match = routing.match("OPTIONS", "/api/tasks/x");
  BOOST_TEST((match.outcome == route_outcome::options));
  BOOST_TEST(match.allow == "GET, HEAD, PUT, DELETE, OPTIONS");
  BOOST_TEST((routing.match("OPTIONS", "/api/nothing").outcome == route_outcome::not_found));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(urls)

BOOST_AUTO_TEST_CASE(a_target_is_split_at_its_question_mark) {
  BOOST_TEST(split("/a/b?c=d?e").path == "/a/b");
  BOOST_TEST(split("/a/b?c=d?e").query == "c=d?e");
  BOOST_TEST(split("/a#b?c").path == "/a");
  BOOST_TEST(split("http://host:80/a?b").path == "/a");
  BOOST_TEST(split("http://host").path == "/");
}

BOOST_AUTO_TEST_CASE(a_query_is_decoded) {
  const auto parameters = parse_query("a=1+2&b=%26%3D&&c&=d&a=3");
  BOOST_REQUIRE(parameters);
  const query_parameters expected = {{"a", "1 2"}, {"b", "&="}, {"c", ""}, {"", "d"}, {"a", "3"}};
  BOOST_TEST((*parameters == expected));
}

BOOST_AUTO_TEST_CASE(a_query_with_a_broken_escape_is_refused) {
  BOOST_TEST(!parse_query("a=%4"));
  BOOST_TEST(!parse_query("%=1"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::http
