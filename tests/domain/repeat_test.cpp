// Which commands are asked again by the server itself when their outcome is unknown.
#include "domain/repeat.hpp"

#include <boost/test/unit_test.hpp>

namespace taskdriver::domain {

BOOST_AUTO_TEST_SUITE(a_repetition)

BOOST_AUTO_TEST_CASE(harms_nobody_for_reads_and_what_tells_the_same_twice) {
  for (const command& what :
       {command{get_project{}}, command{get_stats{}}, command{get_type{}}, command{list_types{}},
        command{get_task{}}, command{list_tasks{}}, command{peek_next_task{}},
        command{list_agents{}}, command{get_session{}}, command{next_task{}},
        command{complete_task{}}, command{login{}}, command{logout{}}, command{update_project{}},
        command{update_type{}}, command{cleanup_leases{}}})
    BOOST_TEST(repeat_is_harmless(what), "command " << what.index());
}

BOOST_AUTO_TEST_CASE(would_do_twice_or_hide_what_was_done_for_the_rest) {
  for (const command& what :
       {command{create_project{}}, command{create_type{}}, command{create_task{}},
        command{create_tasks{}}, command{remove_project{}}, command{remove_type{}},
        command{remove_task{}}, command{fail_task{}}, command{extend_lease{}},
        command{extend_session{}}, command{update_task{}}})
    BOOST_TEST(!repeat_is_harmless(what), "command " << what.index());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
