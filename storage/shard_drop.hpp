// Takes what a node has of a shard that moved away off its disk.
#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"

namespace taskdriver::storage {

class node_store;

/// The shard has no state and no log afterwards, as if it had never been here, but for the highest
/// epoch seen. It is an installation of the checkpoint of nothing: the same must hold (nothing of
/// the shard is under way, log_writer::rejoin() goes on), and a crash leaves all or nothing.
/// Thread: as shard_install. Fails: unavailable (disk full: all is there still), internal (disk;
/// fatal).
result<void> drop_shard(node_store& store, shard_id shard);

}  // namespace taskdriver::storage
