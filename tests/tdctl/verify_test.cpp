// tdctl verify --online: what the nodes tell, and counters against a count.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/tdctl/canned_server.hpp"
#include "tests/tdctl/samples.hpp"

using namespace taskdriver::testing;
using nlohmann::json;

namespace {

std::string only_well() {
  auto all = json::parse(shards);
  all.erase(1);
  return all.dump();
}

/// A project with one task of each of the given states, and counters that say `queued`.
void answer_project(canned_server& server, int queued, const std::vector<std::string>& states) {
  json tasks = json::array();
  for (const auto& state : states) tasks.push_back({{"status", state}});
  const json project = {
      {"id", "p1"},
      {"name", "demo"},
      {"stats",
       {{"queuedTasks", queued}, {"runningTasks", 0}, {"completedTasks", 0}, {"failedTasks", 0}}}};
  server.on_data("GET /api/projects?status=all&limit=100", json::array({project}).dump());
  server.on_data("GET /api/projects/p1", project.dump());
  server.on_data("GET /api/projects/p1/tasks?limit=1000", tasks.dump());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(verify_online, canned_server)

BOOST_AUTO_TEST_CASE(needs_to_be_told_what_to_verify) {
  BOOST_TEST(run_at(*this, {"verify"}).code == 2);
}

BOOST_AUTO_TEST_CASE(replicas_that_have_what_was_committed_are_well) {
  on_data("GET /api/cluster/shards", only_well());
  const auto done = run_at(*this, {"verify", "--online"});
  BOOST_TEST(done.code == 0);
  BOOST_TEST(contains(done.out, "All is well"));
}

BOOST_AUTO_TEST_CASE(a_fault_that_passes_is_none) {
  auto behind = json::parse(only_well());
  behind[0]["replicas"][1]["durableIndex"] = 40;
  on_data("GET /api/cluster/shards", behind.dump());
  on_data("GET /api/cluster/shards", only_well());
  BOOST_TEST(run_at(*this, {"verify", "--online"}).code == 0);
}

BOOST_AUTO_TEST_CASE(a_fault_that_lasts_is_told) {
  auto broken = json::parse(shards);
  broken[0]["replicas"][1]["durableIndex"] = 40;
  broken[0]["replicas"][0]["epoch"] = 2;
  on_data("GET /api/cluster/shards", broken.dump());
  const auto done = run_at(*this, {"verify", "--online", "--seconds", "0"});
  BOOST_TEST(done.code == 1);
  BOOST_TEST(contains(done.out, "shard 0 on n2: has entries up to 40 on disk, but 88"));
  BOOST_TEST(contains(done.out, "shard 0 on n1: is in epoch 2, registered is 3"));
  BOOST_TEST(contains(done.out, "shard 1 is not served"));
}

BOOST_AUTO_TEST_CASE(counters_that_differ_from_a_count_are_told) {
  answer_project(*this, 2, {"queued", "queued"});
  BOOST_TEST(run_at(*this, {"verify", "--online", "--recount"}).code == 0);
  canned_server wrong;
  answer_project(wrong, 3, {"queued", "completed"});
  const auto done = run_at(wrong, {"verify", "--online", "--recount"});
  BOOST_TEST(done.code == 1);
  BOOST_TEST(contains(done.out, "completed 1, counted as 0; queued 1, counted as 3;"));
}

BOOST_AUTO_TEST_SUITE_END()
