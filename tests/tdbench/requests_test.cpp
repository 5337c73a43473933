// Rendered requests, task numbers and the board that judges deliveries.
#include "tools/tdbench/requests.hpp"

#include <boost/test/unit_test.hpp>

#include "tools/tdbench/delivery_board.hpp"
#include "tools/tdbench/json_scan.hpp"
#include "tools/tdbench/server_probe.hpp"

using namespace taskdriver::bench;

namespace {

const caller anybody{"localhost:3000", "token"};
const task_home home{"project-id", "type-id"};

std::string_view body_of(std::string_view request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(requests)

BOOST_AUTO_TEST_CASE(say_how_long_they_are) {
  BOOST_TEST(render_request("POST", "/x", anybody, "{}") ==
             "POST /x HTTP/1.1\r\nHost: localhost:3000\r\nAuthorization: Bearer token\r\n"
             "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  BOOST_TEST(render_request("GET", "/x", {"h", ""}, "") == "GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(create_tasks_of_the_wanted_size_with_their_number) {
  auto create = create_request::single(anybody, home, {.payload_bytes = 300, .variables = 2});
  const std::string_view body = body_of(create.numbered(0xabc));
  const auto instructions = find_string_field(body, 1, "instructions");
  BOOST_REQUIRE(instructions.has_value());
  BOOST_TEST(instructions->size() == 300u);
  std::uint64_t number = 0;
  BOOST_TEST(parse_task_number(*instructions, number));
  BOOST_TEST(number == 0xabcu);
  BOOST_TEST(*find_string_field(body, 2, "v1") == "0000000000000abc");
}

BOOST_AUTO_TEST_CASE(number_every_task_of_a_batch) {
  auto bulk = create_request::bulk(anybody, home, {.variables = 1}, 3);
  const std::string text(bulk.numbered(16));
  BOOST_TEST(text.find("task 0000000000000010 ") != std::string::npos);
  BOOST_TEST(text.find("\"v0\":\"0000000000000012\"") != std::string::npos);
  BOOST_TEST(text.find("0000000000000013") == std::string::npos);
  const std::string again(bulk.numbered(99));
  BOOST_TEST(again.find("0000000000000010") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(have_texts_that_compression_does_not_take_away) {
  auto first = create_request::single(anybody, home, {.payload_bytes = 300});
  auto second = create_request::single(anybody, home, {.payload_bytes = 300});
  const std::string one(first.numbered(1));
  const std::string other(second.numbered(1));
  BOOST_TEST(one.size() == other.size());
  BOOST_TEST(one != other);
}

BOOST_AUTO_TEST_CASE(name_the_task_to_complete) {
  auto complete = ending_request::complete(anybody, "agent-1", {.result_bytes = 4});
  const std::string text(complete.for_task("id-1"));
  BOOST_TEST(text.starts_with("POST /api/tasks/id-1/complete HTTP/1.1\r\n"));
  const std::string body(body_of(text));
  BOOST_TEST(body.starts_with(R"({"agentName":"agent-1","result":")"));
  BOOST_TEST(body.size() == std::string(R"({"agentName":"agent-1","result":""})").size() + 4);
}

BOOST_AUTO_TEST_CASE(name_the_task_whose_attempt_failed) {
  auto fail = ending_request::fail(anybody, "agent-1");
  const std::string text(fail.for_task("id-1"));
  BOOST_TEST(text.starts_with("POST /api/tasks/id-1/fail HTTP/1.1\r\n"));
  BOOST_TEST(body_of(text) == R"({"agentName":"agent-1","error":"try again"})");
}

BOOST_AUTO_TEST_CASE(claim_with_or_without_waiting) {
  BOOST_TEST(body_of(render_claim(anybody, "a", "p", 0)) == R"({"projectId":"p"})");
  BOOST_TEST(body_of(render_claim(anybody, "a", "p", 60)) ==
             R"({"projectId":"p","waitSeconds":60})");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(deliveries)

BOOST_AUTO_TEST_CASE(are_timed_once_and_counted_again) {
  delivery_board board(10, 5);
  board.sent(12, 1000);
  BOOST_TEST(*board.delivered(12, 1500) == 500);
  BOOST_TEST(!board.delivered(12, 1600).has_value());
  BOOST_TEST(board.delivered_count() == 1u);
  BOOST_TEST(board.repeated_count() == 1u);
}

BOOST_AUTO_TEST_CASE(of_unknown_tasks_are_ignored) {
  delivery_board board(10, 5);
  board.sent(9, 1);
  board.sent(15, 1);
  BOOST_TEST(board.sent_count() == 0u);
  BOOST_TEST(!board.delivered(11, 2).has_value());
  BOOST_TEST(board.delivered_count() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(fsync_counter)

BOOST_AUTO_TEST_CASE(is_the_sum_of_all_totals) {
  const auto count = find_fsync_count(
      "# HELP taskdriver_log_fsyncs_total x\n# TYPE taskdriver_log_fsyncs_total counter\n"
      "taskdriver_log_fsyncs_total{node=\"n1\"} 40\ntaskdriver_fsync_other_total 2.5\n"
      "taskdriver_fsync_seconds_count 9\nother_fsyncs_total 100\n");
  BOOST_REQUIRE(count.has_value());
  BOOST_TEST(*count == 42.5);
}

BOOST_AUTO_TEST_CASE(may_be_the_count_of_a_histogram) {
  BOOST_TEST(*find_fsync_count("taskdriver_fsync_seconds_sum 1\n"
                               "taskdriver_fsync_seconds_count 9") == 9.0);
}

BOOST_AUTO_TEST_CASE(may_be_absent) {
  BOOST_TEST(!find_fsync_count("").has_value());
  BOOST_TEST(!find_fsync_count("taskdriver_requests_total 3\n").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
