// What force changes of a configuration, and what it leaves as it is.
#include "cluster/replica/forced_configuration.hpp"

#include "cluster/replica/mutants.hpp"

namespace taskdriver::cluster {

shard_configuration forced_configuration(const shard_configuration& now, const member& survivor,
                                         const change_id& change) {
  return {.epoch = breaks(mutant::force_keeps_epoch) ? now.epoch : now.epoch + 1,
          .primary = survivor.node,
          .in_sync = {survivor},
          .min_in_sync = breaks(mutant::force_lowers_min_in_sync) ? 1 : now.min_in_sync,
          .change = change};
}

}  // namespace taskdriver::cluster
