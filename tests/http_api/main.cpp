// Entry point of the tests of the API edge, from a request's text to the text of its answer.
#define BOOST_TEST_MODULE http_api
#include <boost/test/unit_test.hpp>
