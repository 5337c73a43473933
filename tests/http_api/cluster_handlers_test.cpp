// What operators' requests ask for, and how a cluster is shown.
#include <nlohmann/json.hpp>

#include "call_handler.hpp"

namespace taskdriver::http {
namespace {

template <class Command>
Command asked_for(const result<api_work>& work) {
  BOOST_REQUIRE(work.ok());
  BOOST_REQUIRE(std::holds_alternative<actors::to_this_node>(work->to));
  const auto* command = std::get_if<domain::cluster_command>(&work->what);
  BOOST_REQUIRE(command);
  BOOST_REQUIRE(std::holds_alternative<Command>(*command));
  return std::get<Command>(*command);
}

domain::cluster_view sample_cluster() {
  domain::cluster_view cluster;
  cluster.cluster = "main";
  cluster.asked = "n1";
  cluster.register_reachable = true;
  cluster.replicas = 1;
  cluster.nodes.push_back({.name = "n1",
                           .state = domain::cluster_node_state::up,
                           .store = 0xab,
                           .peer_address = "127.0.0.1:4001",
                           .http_address = "127.0.0.1:3000",
                           .connected = true,
                           .led = 1,
                           .in_sync = 1});
  domain::shard_view shard{.shard = 0, .epoch = 3, .primary = "n1", .served = true};
  shard.wanted = {"n1"};
  shard.replicas.push_back({.node = "n1",
                            .store = 0xab,
                            .role = domain::replica_role_view::primary,
                            .in_sync = true,
                            .wanted = true,
                            .reported = true,
                            .serving = true,
                            .epoch = 3,
                            .last_index = 9});
  shard.replicas.push_back({.node = "n2"});
  cluster.shards.push_back(std::move(shard));
  return cluster;
}

nlohmann::json shown(cluster_part part) {
  const error_context errors{"req-1", 0};
  auto answer = render_reply(domain::reply{sample_cluster()}, {.part = part}, errors);
  BOOST_TEST(answer.status == 200);
  return nlohmann::json::parse(answer.body)["data"];
}

BOOST_AUTO_TEST_SUITE(operator_requests)

BOOST_AUTO_TEST_CASE(shards_may_be_narrowed_to_that_of_a_project) {
  const auto query = "project=" + std::string(project_id_text);
  const auto work = run(handlers::list_shards, {.query = query});
  BOOST_TEST((asked_for<domain::show_cluster>(work).project == project_number{7}));
  BOOST_TEST((work->context.part == cluster_part::shards));
  BOOST_TEST(wrong_fields(run(handlers::list_shards, {.query = "project=x"})) == (names{"project"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_node_is_named_in_the_path) {
  BOOST_TEST(asked_for<domain::drain_node>(run(handlers::drain_node, {.parameter = "n1"})).node ==
             "n1");
  BOOST_TEST((refusal(run(handlers::drain_node, {.parameter = "n 1"})) == errc::not_found));
  BOOST_TEST((refusal(run(handlers::remove_node, {.parameter = std::string(65, 'n')})) ==
              errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_move_names_at_least_one_node) {
  const auto move = asked_for<domain::move_replica>(
      run(handlers::move_replica, {.parameter = "3", .body = R"({"from":"n1","to":"n4"})"}));
  BOOST_TEST((move.shard == shard_id{3}));
  BOOST_TEST(move.from == "n1");
  BOOST_TEST(move.to == "n4");
  BOOST_TEST(
      wrong_fields(run(handlers::move_replica, {.parameter = "3", .body = "{}"})) == (names{"to"}),
      boost::test_tools::per_element());
  BOOST_TEST((refusal(run(handlers::move_replica, {.parameter = "x"})) == errc::not_found));
  BOOST_TEST((refusal(run(handlers::move_replica, {.parameter = "70000"})) == errc::not_found));
}

BOOST_AUTO_TEST_CASE(force_says_its_fields_and_no_others) {
  const auto force = asked_for<domain::force_primary>(
      run(handlers::force_primary, {.parameter = "0", .body = R"({"node":"n3","anyway":true})"}));
  BOOST_TEST(force.node == "n3");
  BOOST_TEST(force.anyway);
  BOOST_TEST(
      wrong_fields(run(handlers::force_primary, {.parameter = "0", .body = R"({"force":true})"})) ==
          (names{"node", "force"}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_backup_stays_below_its_directory) {
  for (const char* name : {"../up", "a/b", ".hidden", ""}) {
    const auto body = R"({"name":")" + std::string(name) + "\"}";
    BOOST_TEST(wrong_fields(run(handlers::make_backup, {.body = body})) == (names{"name"}),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_cluster_is_shown_with_what_is_wrong) {
  const auto cluster = shown(cluster_part::summary);
  BOOST_TEST(cluster["askedNode"] == "n1");
  BOOST_TEST(cluster["shardsServed"] == 1);
  BOOST_TEST(cluster["problems"].is_array());
  BOOST_TEST(cluster["nodes"][0]["store"] == "00000000000000ab");
}

BOOST_AUTO_TEST_CASE(a_replica_that_nobody_heard_of_shows_no_numbers) {
  const auto shards = shown(cluster_part::shards);
  BOOST_TEST(shards[0]["inSync"] == nlohmann::json::array({"n1"}));
  BOOST_TEST(shards[0]["replicas"][0]["lastIndex"] == 9);
  BOOST_TEST(!shards[0]["replicas"][1].contains("lastIndex"));
  BOOST_TEST(!shards[0]["replicas"][1]["reported"].get<bool>());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::http
