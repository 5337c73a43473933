// Entry point of the tests of tdctl.
#define BOOST_TEST_MODULE tdctl
#include <boost/test/unit_test.hpp>
