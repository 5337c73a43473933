// Entry point of the load generator's tests.
#define BOOST_TEST_MODULE tdbench
#include <boost/test/unit_test.hpp>
