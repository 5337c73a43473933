// The runner of the tests of a cluster's node.
#define BOOST_TEST_MODULE node
#include <boost/test/unit_test.hpp>
