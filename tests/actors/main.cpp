// Entry of the tests of the actors.
#define BOOST_TEST_MODULE actors
#include <boost/test/unit_test.hpp>
