// Records over the store: what is not applied yet, and what is kept for a while afterwards.
#include "domain/pending_records.hpp"

#include <boost/test/unit_test.hpp>

namespace taskdriver::domain {
namespace {

constexpr sequence task_1{1};
constexpr sequence task_2{2};

spec_ptr spec_of(std::size_t bytes) {
  return std::make_shared<const task_spec>(task_spec{.instructions = std::string(bytes, 'x')});
}
progress_ptr with_retries(std::uint32_t retries) {
  return std::make_shared<const task_progress>(task_progress{.retry_count = retries});
}

struct pending {
  pending_records records;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pending_records_of_a_project, pending)

BOOST_AUTO_TEST_CASE(an_applied_record_stays_for_a_while) {
  records.put_spec(task_1, spec_of(10), 1);
  records.applied(1);
  BOOST_REQUIRE(records.spec(task_1).has_value());
  BOOST_TEST((*records.spec(task_1))->instructions.size() == 10u);
}

BOOST_AUTO_TEST_CASE(the_oldest_applied_records_make_room) {
  records.limit_recent(2000);
  records.put_spec(task_1, spec_of(1000), 1);
  records.put_spec(task_2, spec_of(1000), 2);
  records.applied(2);
  BOOST_TEST(!records.spec(task_1).has_value());
  BOOST_TEST(records.spec(task_2).has_value());
  BOOST_TEST(records.recent_bytes() <= 2000u);
}

BOOST_AUTO_TEST_CASE(what_is_not_applied_is_never_pushed_out) {
  records.limit_recent(0);
  records.put_spec(task_1, spec_of(1000), 1);
  records.put_spec(task_2, spec_of(1000), 2);
  records.applied(1);
  BOOST_TEST(!records.spec(task_1).has_value());
  BOOST_TEST(records.spec(task_2).has_value());
}

BOOST_AUTO_TEST_CASE(a_recent_record_that_changes_again_stays_until_that_is_applied) {
  records.put_progress(task_1, with_retries(1), 1);
  records.applied(1);
  records.put_progress(task_1, with_retries(2), 2);
  records.limit_recent(0);
  BOOST_REQUIRE(records.progress(task_1).has_value());
  BOOST_TEST((*records.progress(task_1))->retry_count == 2u);
  records.applied(2);
  BOOST_TEST(!records.progress(task_1).has_value());
  BOOST_TEST(records.recent_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(what_was_read_never_replaces_what_was_decided) {
  records.put_progress(task_1, with_retries(2), 1);
  records.remember(task_1, spec_of(10), with_retries(1));
  BOOST_TEST((*records.progress(task_1))->retry_count == 2u);
  BOOST_TEST((*records.spec(task_1))->instructions.size() == 10u);
}

BOOST_AUTO_TEST_CASE(a_deleted_task_stays_deleted_whatever_was_read) {
  records.put_spec(task_1, spec_of(10), 1);
  records.put_deleted(task_1, 2);
  records.remember(task_1, spec_of(10), with_retries(1));
  records.applied(2);
  BOOST_REQUIRE(records.spec(task_1).has_value());
  BOOST_TEST(*records.spec(task_1) == nullptr);
  BOOST_REQUIRE(records.progress(task_1).has_value());
  BOOST_TEST(*records.progress(task_1) == nullptr);
}

BOOST_AUTO_TEST_CASE(attempts_that_the_store_has_are_not_added_twice) {
  records.put_attempt(task_1, {.number = 1}, 1);
  BOOST_TEST(records.attempts(task_1)->size() == 1u);
  records.applied(1);
  BOOST_TEST(records.attempts(task_1)->empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
