// Beside a copy of a data directory: that it was made from a node of a cluster.
#pragma once

#include <string>

#include "base/result.hpp"

namespace rocksdb {
class Env;
}

namespace taskdriver::storage {

/// The file CLUSTER that a node of a cluster has, under another name: the copy belongs to no
/// cluster, but its shards are not of one moment either. A copy of a copy keeps it. Does nothing
/// where `from` is a single node's. Fails: internal, unavailable (disk).
result<void> copy_origin(rocksdb::Env& env, const std::string& from, const std::string& to);

/// Whether the directory is a node of a cluster, or a copy of one.
bool is_from_cluster(rocksdb::Env& env, const std::string& dir);

}  // namespace taskdriver::storage
