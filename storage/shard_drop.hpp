// Takes what a node has of a shard that moved away off its disk.
#pragma once

#include <atomic>

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

/// Gives the room of a dropped shard back, by compactions of its range; without it that happens
/// when RocksDB comes to it. Thread: any; blocks for as long as the disk takes, or until `give_up`
/// is set.
void free_dropped(node_store& store, shard_id shard, std::atomic<bool>& give_up);

}  // namespace taskdriver::storage
