// Entry point of the HTTP server's tests.
#define BOOST_TEST_MODULE http_server
#include <boost/test/unit_test.hpp>
