// Boost.Test entry of the simulation.
#define BOOST_TEST_MODULE simulation
#include <boost/test/unit_test.hpp>
