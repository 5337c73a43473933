// Entry of the tests of cluster/replica.
#define BOOST_TEST_MODULE replica
#include <boost/test/unit_test.hpp>
