// Runs the tests of what stands around the API.
#define BOOST_TEST_MODULE http_edge
#include <boost/test/unit_test.hpp>
