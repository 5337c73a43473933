// Copies of shards in several directories: where they can be compared, and whether they are equal.
#include <boost/test/unit_test.hpp>

#include "domain/changes.hpp"
#include "tests/inspect/small_store.hpp"
#include "tools/inspect/replica_comparison.hpp"

namespace taskdriver::inspect::testing {
namespace {

using verdict = shard_comparison::verdict;

struct two_copies {
  small_store one, two;

  static void count_to(small_store& to, std::uint64_t queued, kept_in where) {
    domain::project_counters counters = counters_of_project_7();
    counters.queued = queued;
    to.write_changes(project_7, {domain::put_counters{counters}}, where);
  }
  shard_comparison compare() {
    std::vector<data_directory> opened;
    for (const small_store* each : {&one, &two})
      opened.push_back(std::move(data_directory::open(each->data_dir()).value()));
    check_options options{.checksums = true, .up_to = comparable_indexes(opened)};
    std::vector<directory_report> reports;
    for (auto& each : opened) reports.push_back(check_directory(each, options));
    for (const auto& each : compare_replicas(reports, options.up_to))
      if (each.shard == one.home) return each;
    return {};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(copies_of_a_shard, two_copies)

BOOST_AUTO_TEST_CASE(are_equal_also_when_one_has_the_state_only_in_its_log) {
  one.make(kept_in::state);
  two.make(kept_in::log);
  const auto found = compare();
  BOOST_TEST((found.outcome == verdict::equal), found.why);
  BOOST_TEST(found.index == 1u);
}

BOOST_AUTO_TEST_CASE(are_compared_where_the_shorter_log_ends) {
  one.make(kept_in::log);
  two.make(kept_in::log);
  count_to(one, 9, kept_in::log);
  const auto found = compare();
  BOOST_TEST((found.outcome == verdict::equal), found.why);
  BOOST_TEST(found.index == 1u);
}

BOOST_AUTO_TEST_CASE(are_different_when_a_record_is) {
  one.make();
  two.make();
  count_to(one, 2, kept_in::state);
  count_to(two, 3, kept_in::state);
  const auto found = compare();
  BOOST_TEST((found.outcome == verdict::different));
  BOOST_TEST(found.index == 2u);
  BOOST_TEST((found.why.find(two.data_dir()) != std::string::npos));
}

BOOST_AUTO_TEST_CASE(are_compared_before_entries_of_different_epochs) {
  one.make(kept_in::log);
  two.make(kept_in::log);
  one.epoch = 2;
  two.epoch = 3;
  count_to(one, 2, kept_in::log);
  count_to(two, 3, kept_in::log);
  const auto found = compare();
  BOOST_TEST((found.outcome == verdict::equal), found.why);
  BOOST_TEST(found.index == 1u);
}

BOOST_AUTO_TEST_CASE(cannot_be_compared_when_one_states_entries_are_not_in_the_others_log) {
  one.make();
  two.make();
  count_to(one, 2, kept_in::state);
  const auto found = compare();
  BOOST_TEST((found.outcome == verdict::incomparable));
  BOOST_TEST((found.why.find("state after entry 2, log up to 2") != std::string::npos), found.why);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::inspect::testing
