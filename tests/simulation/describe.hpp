// Texts for a trace that somebody reads.
#pragma once

#include <string>

#include "tests/simulation/events.hpp"

namespace taskdriver::simulation {

std::string describe(const cluster::replica_message& m);
std::string describe(const cluster::shard_configuration& c);
std::string describe(const cluster::shard_placement& p);
std::string describe(const node_event& e);

}  // namespace taskdriver::simulation
