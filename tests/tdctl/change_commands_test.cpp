// Commands that change the cluster: what they ask for, and what they wait for.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "tests/tdctl/canned_server.hpp"
#include "tests/tdctl/samples.hpp"

using namespace taskdriver::testing;

namespace {

constexpr const char* message = R"({"message":"It is done"})";

std::string node_with(int primaries, int replicas) {
  return R"([{"id":"n2","primaries":)" + std::to_string(primaries) + R"(,"replicasInSync":)" +
         std::to_string(replicas) + "}]";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(changes, canned_server)

BOOST_AUTO_TEST_CASE(each_is_one_request) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"drain", "n2"}, "POST /api/cluster/nodes/n2/drain"},
      {{"undrain", "n2"}, "POST /api/cluster/nodes/n2/undrain"},
      {{"remove", "n2"}, "DELETE /api/cluster/nodes/n2"},
      {{"move", "3", "n1", "-"}, R"(POST /api/cluster/shards/3/move {"from":"n1"})"},
      {{"move", "3", "-", "n4"}, R"(POST /api/cluster/shards/3/move {"to":"n4"})"},
      {{"transfer", "3", "n2"}, R"(POST /api/cluster/shards/3/transfer {"to":"n2"})"},
      {{"unpin", "3"}, "POST /api/cluster/shards/3/unpin"},
      {{"backup", "b1"}, R"(POST /api/backups {"name":"b1"})"}};
  for (const auto& [arguments, request] : cases) {
    on_data(request.substr(0, request.find(" {")), message);
    const auto done = run_at(*this, arguments);
    BOOST_TEST(done.code == 0);
    BOOST_TEST(done.out == "It is done\n");
    BOOST_TEST(asked().back() == request);
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_with_the_fields_that_are_wrong) {
  on("POST /api/cluster/nodes/n2/drain",
     {409, R"({"success":false,"error":"too few other nodes are up"})"});
  on("POST /api/backups", {422, R"({"success":false,"error":"Validation failed",
               "validationDetails":[{"field":"name","message":"is odd"}]})"});
  BOOST_TEST(run_at(*this, {"drain", "n2"}).err == "tdctl: too few other nodes are up\n");
  BOOST_TEST(run_at(*this, {"backup", "?"}).err == "tdctl: Validation failed\n  name: is odd\n");
}

BOOST_AUTO_TEST_CASE(a_drain_waits_until_the_node_holds_nothing) {
  on_data("POST /api/cluster/nodes/n2/drain", message);
  on_data("GET /api/cluster/nodes", node_with(1, 4));
  on_data("GET /api/cluster/nodes", node_with(0, 0));
  const auto done = run_at(*this, {"drain", "n2", "--wait"});
  BOOST_TEST(done.code == 0);
  BOOST_TEST(done.out == "It is done\nn2 still has 4 replicas, 1 of them primaries\ndone\n");
}

BOOST_AUTO_TEST_CASE(a_wait_that_takes_too_long_ends_with_1) {
  on_data("POST /api/cluster/nodes/n2/drain", message);
  on_data("GET /api/cluster/nodes", node_with(1, 4));
  const auto done = run_at(*this, {"drain", "n2", "--wait", "--wait-seconds", "0"});
  BOOST_TEST(done.code == 1);
  BOOST_TEST(contains(done.err, "not done after 0 s"));
}

BOOST_AUTO_TEST_CASE(a_move_waits_for_the_new_replica_and_the_end_of_the_old_one) {
  on_data("POST /api/cluster/shards/0/move", message);
  on_data("GET /api/cluster/shards", shards);
  BOOST_TEST(run_at(*this, {"move", "0", "n3", "n2", "--wait"}).code == 0);
  const auto not_there = run_at(*this, {"move", "0", "n1", "n2", "--wait", "--wait-seconds", "0"});
  BOOST_TEST(not_there.code == 1);
  BOOST_TEST(contains(not_there.out, "n1 is still in sync"));
}

BOOST_AUTO_TEST_CASE(a_transfer_waits_until_the_node_serves) {
  on_data("POST /api/cluster/shards/0/transfer", message);
  on_data("POST /api/cluster/shards/1/transfer", message);
  on_data("GET /api/cluster/shards", shards);
  BOOST_TEST(run_at(*this, {"transfer", "0", "n1", "--wait"}).code == 0);
  const auto waiting = run_at(*this, {"transfer", "1", "n2", "--wait", "--wait-seconds", "0"});
  BOOST_TEST(waiting.code == 1);
  BOOST_TEST(contains(waiting.out, "does not serve yet"));
}

BOOST_AUTO_TEST_SUITE_END()
