// Who is woken, and in which order the woken ones try again.
#include "actors/poll_line.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace taskdriver::actors {

BOOST_AUTO_TEST_SUITE(a_poll_line)

BOOST_AUTO_TEST_CASE(wakes_in_order_of_arrival_as_many_as_there_are_tasks) {
  poll_line line;
  line.add(2, "b");
  line.add(1, "a");
  line.add(3, "c");
  BOOST_TEST(line.wake_next(2)->second == "a");
  BOOST_TEST(line.wake_next(2)->second == "b");
  BOOST_TEST(!line.wake_next(2));
  BOOST_TEST(line.size() == 3u);
}

BOOST_AUTO_TEST_CASE(lets_the_woken_try_in_order_of_arrival_whichever_comes_back_first) {
  poll_line line;
  for (const auto arrival : {1, 2, 3}) {
    line.add(arrival, "a" + std::to_string(arrival));
    line.wake_next(3);
  }
  BOOST_TEST(!line.may_try(3));
  BOOST_TEST(!line.may_try(2));
  BOOST_TEST(line.may_try(1));
  line.settle(1);
  BOOST_TEST(line.may_try(2));
  BOOST_TEST(!line.may_try(3));
}

BOOST_AUTO_TEST_CASE(lets_the_next_try_once_those_before_it_are_gone_or_back_in_the_line) {
  poll_line line;
  line.add(1, "a");
  line.add(2, "b");
  line.wake_next(2);
  line.wake_next(2);
  line.settle(1);
  line.add(1, "a");
  BOOST_TEST(line.may_try(2));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
