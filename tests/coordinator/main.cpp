// The tests of the register that judges who is primary.
#define BOOST_TEST_MODULE coordinator
#include <boost/test/unit_test.hpp>
