// Whole phases against the stand-in server. They end by counts; the seconds are only a bound.
#include "tools/tdbench/fleet.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/tdbench/mock_server.hpp"
#include "tools/tdbench/bench_projects.hpp"
#include "tools/tdbench/report.hpp"

using namespace taskdriver;
using namespace taskdriver::bench;

namespace {

const std::vector<measure> whole_cycle{measure::create, measure::claim, measure::complete};

struct served {
  served() {
    bench.servers.push_back(*parse_endpoint(server.url()));
    bench.admin_token = "admin";
    bench.duplicates = "allow";
    bench.threads = 2;
    bench.batch = 10;
    plan.name = "test";
    plan.script = whole_cycle;
    plan.workers = 4;
    plan.seconds = 30;
    plan.tasks_max = 100;
    plan.settle_s = 0;
  }

  phase_result run() {
    auto outcome = run_phase(context, plan);
    BOOST_REQUIRE(outcome.ok());
    return std::move(outcome).value();
  }

  mock_server server;
  settings bench;
  phase_plan plan;
  std::atomic<bool> interrupted{false};
  run_context context{.bench = bench, .homes = {{"p", "t"}}, .interrupted = interrupted};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(phase, served)

BOOST_AUTO_TEST_CASE(runs_as_many_cycles_as_it_was_told) {
  const phase_result done = run();
  BOOST_TEST(server.logins == 4);
  BOOST_TEST(server.tasks_completed == 100u);
  BOOST_TEST(done.stats.operations == 100u);
  BOOST_TEST(done.stats.request_count() == 300u);
  BOOST_TEST(done.stats.error_count() == 0u);
  BOOST_TEST(*done.fsyncs == 100.0);
  BOOST_TEST(!has_errors({done}));
}

BOOST_AUTO_TEST_CASE(understands_chunked_answers) {
  server.chunked = true;
  BOOST_TEST(run().stats.operations == 100u);
}

BOOST_AUTO_TEST_CASE(counts_failed_attempts_like_completed_ones) {
  plan.script = {measure::create, measure::claim, measure::fail};
  const phase_result done = run();
  BOOST_TEST(done.stats.operations == 100u);
  BOOST_TEST(done.stats.of(measure::fail).latency_ns.count() == 100u);
  BOOST_TEST(done.stats.error_count() == 0u);
}

BOOST_AUTO_TEST_CASE(leaves_what_noisy_agents_do_out_of_its_figures) {
  plan.noise_workers = 2;
  plan.place = work_place::but_last;
  context.homes = {{"p", "t"}, {"q", "t"}};
  const phase_result done = run();
  BOOST_TEST(done.stats.operations == 100u);
  BOOST_TEST(done.stats.error_count() == 0u);
}

BOOST_AUTO_TEST_CASE(counts_the_tasks_of_bulk_requests) {
  plan.script = {measure::bulk};
  BOOST_TEST(run().stats.operations == 100u);
  BOOST_TEST(server.tasks_created == 100u);
}

BOOST_AUTO_TEST_CASE(repeats_what_was_refused_for_now) {
  server.refuse_claims = 3;
  const phase_result done = run();
  BOOST_TEST(done.stats.operations == 100u);
  BOOST_TEST(done.stats.of(measure::claim).errors.at(503) == 3u);
  BOOST_TEST(done.stats.samples().front().body == R"({"success":false,"error":"not now"})");
  BOOST_TEST(has_errors({done}));
}

BOOST_AUTO_TEST_CASE(connects_again_and_repeats_after_a_break) {
  server.break_completes = 2;
  const phase_result done = run();
  BOOST_TEST(done.stats.operations == 100u);
  BOOST_TEST(done.stats.of(measure::complete).errors.at(status_broken) == 2u);
}

BOOST_AUTO_TEST_CASE(notices_answers_meant_for_another_agent) {
  server.misdirect_claims = 2;
  const phase_result done = run();
  BOOST_TEST(done.stats.of(measure::claim).errors.at(200) == 2u);
  BOOST_TEST(done.stats.operations == 98u);
}

BOOST_AUTO_TEST_CASE(ends_when_the_queue_is_empty) {
  plan.script = {measure::bulk};
  run();
  plan.script = {measure::claim, measure::complete};
  plan.tasks_max = 0;
  plan.ends_when_empty = true;
  BOOST_TEST(run().stats.operations == 100u);
  BOOST_TEST(server.tasks_completed == 100u);
}

BOOST_AUTO_TEST_CASE(fails_with_the_answer_when_a_login_is_refused) {
  server.refuse_logins = true;
  const auto outcome = run_phase(context, plan);
  BOOST_REQUIRE(!outcome.ok());
  BOOST_TEST(outcome.error().text.find("401") != std::string::npos);
  BOOST_TEST(outcome.error().text.find("who are you") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(at_a_fixed_rate_measures_from_the_schedule) {
  plan.rate = 2000;
  const phase_result done = run();
  BOOST_TEST(done.stats.operations == 100u);
  BOOST_TEST(done.stats.of(measure::start_delay).latency_ns.count() == 100u);
  BOOST_TEST(done.stats.of(measure::cycle).latency_ns.count() == 100u);
}

BOOST_AUTO_TEST_CASE(delivers_each_task_to_one_parked_poll) {
  plan.script = {measure::create};
  plan.rate = 1000;
  plan.workers = 1;
  plan.polls = 20;
  const phase_result done = run();
  BOOST_REQUIRE(done.parked.has_value());
  BOOST_TEST(done.parked->tasks_sent == 100u);
  BOOST_TEST(done.parked->tasks_delivered == 100u);
  BOOST_TEST(done.parked->delivered_again == 0u);
  BOOST_TEST(!has_errors({done}));
}

BOOST_AUTO_TEST_CASE(counts_polls_that_come_back_early_and_parks_them_again) {
  server.end_polls = 7;
  plan.script = {measure::create};
  plan.rate = 1000;
  plan.workers = 1;
  plan.polls = 20;
  const phase_result done = run();
  BOOST_TEST(done.parked->answered_early == 7u);
  BOOST_TEST(done.parked->tasks_delivered == 100u);
  BOOST_TEST(has_errors({done}));
}

BOOST_AUTO_TEST_CASE(notices_when_two_polls_get_one_task) {
  server.deliver_twice = true;
  plan.script = {measure::create};
  plan.rate = 1000;
  plan.workers = 1;
  plan.polls = 20;
  const phase_result done = run();
  BOOST_TEST(done.parked->delivered_again > 0u);
  BOOST_TEST(has_errors({done}));
}

BOOST_AUTO_TEST_CASE(is_preceded_and_followed_by_its_projects) {
  bench.projects = 2;
  std::vector<task_home> made;
  BOOST_REQUIRE(make_projects(bench, made).ok());
  BOOST_TEST(made.size() == 2u);
  BOOST_TEST(server.projects_made == 2);
  BOOST_REQUIRE(delete_projects(bench, made).ok());
  BOOST_TEST(server.projects_deleted == 2);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(server_address)

BOOST_AUTO_TEST_CASE(is_a_plain_http_url) {
  BOOST_TEST(parse_endpoint("http://127.0.0.1:3000/")->host == "127.0.0.1:3000");
  BOOST_TEST(parse_endpoint("http://127.0.0.1").ok());
  BOOST_TEST(!parse_endpoint("https://127.0.0.1").ok());
  BOOST_TEST(!parse_endpoint("http://127.0.0.1/api").ok());
  BOOST_TEST(!parse_endpoint("http://").ok());
}

BOOST_AUTO_TEST_SUITE_END()
