// Operators' requests: only for the admin token, and one answer each.
#include <boost/test/unit_test.hpp>
#include <map>

#include "actors/cluster_desk.hpp"
#include "cluster/cluster_control.hpp"
#include "tests/actors/recorded_request.hpp"

namespace taskdriver::actors {
namespace {

/// Notes what it is asked, and answers when the test says so.
class fake_control final : public cluster::cluster_control {
public:
  domain::cluster_view view() const override {
    domain::cluster_view all;
    for (std::uint16_t n = 0; n < 16; ++n) all.shards.push_back({.shard = n});
    return all;
  }
  void drain(const cluster::node_name& node, done d) override { note("drain " + node, d); }
  void undrain(const cluster::node_name& node, done d) override { note("undrain " + node, d); }
  void remove(const cluster::node_name& node, done d) override { note("remove " + node, d); }
  void move(shard_id, const cluster::node_name& from, const cluster::node_name& to,
            done d) override {
    note("move " + from + " " + to, d);
  }
  void transfer(shard_id, const cluster::node_name& node, done d) override {
    note("transfer " + node, d);
  }
  void unpin(shard_id, done d) override { note("unpin", d); }
  void force(shard_id, const cluster::node_name& node, bool anyway, done d) override {
    note("force " + node + (anyway ? " anyway" : ""), d);
  }

  std::string asked;
  done answer;

private:
  void note(std::string what, done d) {
    asked = std::move(what);
    answer = std::move(d);
  }
};

struct desk {
  fake_control control;
  operator_tools tools{&control, {}};

  asked ask(domain::cluster_command what, credentials from = admin_credentials{}) {
    auto record = std::make_shared<request_record>();
    auto request = std::make_shared<recorded_request>(record);
    request->from = std::move(from);
    request->to = to_this_node{};
    request->what = std::move(what);
    serve_operator(request, tools);
    return taskdriver::actors::asked(record);
  }
};

BOOST_FIXTURE_TEST_SUITE(operators, desk)

BOOST_AUTO_TEST_CASE(a_session_may_not_look_after_the_cluster) {
  BOOST_TEST(ask(domain::drain_node{"n1"}, session_credentials{}).is(errc::forbidden));
  BOOST_TEST(control.asked.empty());
}

BOOST_AUTO_TEST_CASE(a_command_is_answered_when_the_register_has_it) {
  const auto asked = ask(domain::drain_node{"n1"});
  BOOST_TEST(control.asked == "drain n1");
  BOOST_TEST(!asked.answered());
  control.answer({});
  BOOST_TEST(asked.is<domain::done_view>());
}

BOOST_AUTO_TEST_CASE(a_refused_command_says_why) {
  const auto asked = ask(domain::force_primary{shard_id{1}, "n2", true});
  BOOST_TEST(control.asked == "force n2 anyway");
  control.answer(error_info{errc::in_use, "n1 is up"});
  BOOST_TEST(asked.is(errc::in_use));
}

BOOST_AUTO_TEST_CASE(the_shard_of_a_project_is_shown_alone) {
  const auto asked = ask(domain::show_cluster{project_number{7}});
  BOOST_REQUIRE(asked.is<domain::cluster_view>());
  const auto& shards = asked.as<domain::cluster_view>().shards;
  BOOST_REQUIRE(shards.size() == 1u);
  BOOST_TEST(shards[0].shard == raw(shard_of(project_number{7}, 16)));
}

BOOST_AUTO_TEST_CASE(a_node_without_a_cluster_says_so) {
  tools.control = nullptr;
  BOOST_TEST(ask(domain::show_cluster{}).is(errc::not_found));
}

BOOST_AUTO_TEST_CASE(a_backup_is_answered_once_it_is_written) {
  std::function<void(result<std::string>)> written;
  tools.back_up = [&](const std::string&, std::function<void(result<std::string>)> done) {
    written = std::move(done);
  };
  const auto asked = ask(domain::back_up{"monday"});
  BOOST_TEST(!asked.answered());
  written(std::string("/data/backups/monday"));
  BOOST_REQUIRE(asked.is<domain::done_view>());
  BOOST_TEST(asked.as<domain::done_view>().message == "Backup written to /data/backups/monday");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::actors
