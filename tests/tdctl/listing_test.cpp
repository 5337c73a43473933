// The tables of nodes, shards, projects, tasks and agents.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/tdctl/canned_server.hpp"
#include "tests/tdctl/samples.hpp"

using namespace taskdriver::testing;

namespace {

constexpr const char* demo_id = "00000000-0000-8000-8000-000000000001";
constexpr const char* first_page = "GET /api/projects?status=all&limit=100";

std::string project(const std::string& name, const std::string& id) {
  return R"({"id":")" + id + R"(","name":")" + name +
         R"(","status":"active","stats":{"totalTasks":9,"queuedTasks":1234,"runningTasks":2,)" +
         R"("completedTasks":3,"failedTasks":0}})";
}

/// Two pages: the project "other" on the first, "demo" on the second.
void answer_projects(canned_server& server, const std::string& order = "status=all&limit=100") {
  server.on("GET /api/projects?" + order,
            {200, R"({"success":true,"data":[)" + project("other", "o") +
                      R"(],"pagination":{"hasMore":true,"nextCursor":"a+b"}})"});
  server.on("GET /api/projects?" + order + "&cursor=a%2Bb",
            {200, R"({"success":true,"data":[)" + project("demo", demo_id) +
                      R"(],"pagination":{"hasMore":false}})"});
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(listings, canned_server)

BOOST_AUTO_TEST_CASE(shards_show_who_holds_them_and_how_they_are) {
  on_data("GET /api/cluster/shards", shards);
  const auto done = run_at(*this, {"shards"});
  BOOST_TEST(done.code == 0);
  BOOST_TEST(done.out ==
             "SHARD  PRIMARY  IN SYNC  WANTED    EPOCH  LAG  STATE\n"
             "    0  n1       n1,n2    n1,n2         3  2    well, pinned\n"
             "    1  n2       n1,n2    n1,n2,n3      7  ?    not served\n");
}

BOOST_AUTO_TEST_CASE(shards_of_a_node_are_those_where_it_has_a_replica) {
  on_data("GET /api/cluster/shards", shards);
  const auto done = run_at(*this, {"shards", "--node", "n4", "--json"});
  const auto shown = nlohmann::json::parse(done.out);
  BOOST_TEST(shown.size() == 1u);
  BOOST_TEST(shown[0]["shard"] == 1);
}

BOOST_AUTO_TEST_CASE(a_project_is_found_by_name_on_any_page) {
  answer_projects(*this);
  on_data("GET /api/cluster/shards?project=" + std::string(demo_id), "[]");
  BOOST_TEST(run_at(*this, {"shards", "--project", "demo"}).code == 0);
  const auto unknown = run_at(*this, {"shards", "--project", "nobody"});
  BOOST_TEST(unknown.code == 1);
  BOOST_TEST(contains(unknown.err, "no project \"nobody\""));
}

BOOST_AUTO_TEST_CASE(projects_of_all_pages_are_shown) {
  answer_projects(*this, "limit=100&status=all");
  const auto done = run_at(*this, {"projects"});
  BOOST_TEST(done.code == 0);
  BOOST_TEST(contains(done.out, "other"));
  BOOST_TEST(contains(done.out, "demo     active   1,234        2"));
}

BOOST_AUTO_TEST_CASE(tasks_are_cut_at_the_limit_and_cannot_write_to_the_terminal) {
  const std::string path = "GET /api/projects/" + std::string(demo_id) + "/tasks?limit=1";
  on(path + "&status=queued",
     {200, R"({"success":true,"data":[{"id":"t1","status":"queued","retryCount":0,"maxRetries":3,)"
           R"("createdAt":"2024-01-01T00:00:00.000Z","instructions":"a\u001b[2Jb"}],)"
           R"("pagination":{"hasMore":true,"nextCursor":"c"}})"});
  const auto done = run_at(*this, {"tasks", demo_id, "--status", "queued", "--limit", "1"});
  BOOST_TEST(done.code == 0);
  BOOST_TEST(contains(done.out, "a?[2Jb"));
  BOOST_TEST(contains(done.out, "0/3"));
  BOOST_TEST(asked().size() == 1u);  // not the next page
}

BOOST_AUTO_TEST_CASE(agents_show_what_they_hold) {
  on_data("GET /api/projects/" + std::string(demo_id) + "/agents",
          R"([{"agentName":"worker-1","taskId":"t1","assignedAt":"A","leaseExpiresAt":"B"}])");
  const auto done = run_at(*this, {"agents", demo_id});
  BOOST_TEST(contains(done.out, "worker-1  t1    A      B"));
}

BOOST_AUTO_TEST_SUITE_END()
