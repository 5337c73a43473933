// Runs of epochs: what is found, cut and truncated where runs meet.
#include "cluster/replica/log_index.hpp"

#include <boost/test/unit_test.hpp>

namespace taskdriver::cluster {
namespace {

/// Base (10, epoch 2); 11, 12 of epoch 3; 13–15 of epoch 5.
struct two_runs {
  log_index log{recovered_replica{.base_index = 10,
                                  .base_epoch = 2,
                                  .last_index = 15,
                                  .applied_index = 10,
                                  .runs = {{11, 3}, {13, 5}}},
                1000};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_log_index, two_runs)

BOOST_AUTO_TEST_CASE(knows_the_epoch_of_every_entry_and_of_the_base) {
  const std::uint64_t epochs[] = {2, 3, 3, 5, 5, 5};
  for (std::uint64_t i = 10; i <= 15; ++i) BOOST_TEST(log.epoch_of(i) == epochs[i - 10]);
  BOOST_TEST(!log.has(9, 2));
  BOOST_TEST(!log.has(16, 5));
}

BOOST_AUTO_TEST_CASE(grows_by_a_run_only_with_a_new_epoch) {
  log.append(5, 1);
  log.append(6, 1);
  BOOST_TEST(log.run_begin(16) == 13u);
  BOOST_TEST(log.run_begin(17) == 17u);
  BOOST_TEST(log.last_epoch() == 6u);
}

BOOST_AUTO_TEST_CASE(is_truncated_inside_a_run_and_down_to_the_base) {
  log.truncate_from(14);
  BOOST_TEST(log.last_index() == 13u);
  BOOST_TEST(log.last_epoch() == 5u);
  log.truncate_from(13);
  BOOST_TEST(log.last_epoch() == 3u);
  log.truncate_from(11);
  BOOST_TEST(log.last_index() == 10u);
  BOOST_TEST(log.last_epoch() == 2u);
}

BOOST_AUTO_TEST_CASE(is_cut_inside_a_run_at_its_end_and_completely) {
  log.cut(11);
  BOOST_TEST(log.epoch_of(11) == 3u);
  BOOST_TEST(log.run_begin(12) == 12u);
  log.cut(12);
  BOOST_TEST(log.epoch_of(12) == 3u);
  BOOST_TEST(log.run_begin(13) == 13u);
  log.cut(14);
  BOOST_TEST(log.run_begin(15) == 15u);
  log.cut(15);
  BOOST_TEST(log.last_epoch() == 5u);
  log.append(7, 1);
  BOOST_TEST(log.epoch_of(16) == 7u);
}

BOOST_AUTO_TEST_CASE(begins_anew_after_a_checkpoint) {
  log.reset(40, 6);
  BOOST_TEST(log.base_index() == 40u);
  BOOST_TEST(log.epoch_of(40) == 6u);
  log.append(6, 1);
  BOOST_TEST(log.run_begin(41) == 41u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster
