// The configuration that an operator's force registers (R36).
#pragma once

#include "cluster/replica/configuration.hpp"

namespace taskdriver::cluster {

/// `survivor` leads alone from now on. The epoch is above every change of the past that may still
/// arrive; min_in_sync stays, so that nothing is written before a second replica is in sync.
shard_configuration forced_configuration(const shard_configuration& now, const member& survivor,
                                         const change_id& change);

}  // namespace taskdriver::cluster
