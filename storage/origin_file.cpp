// CLUSTER in a node's directory, CLUSTER.was in all that was copied from it.
#include "storage/origin_file.hpp"

#include <rocksdb/env.h>

#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

/// The first is written when a node joins (cluster/node/membership.hpp).
constexpr const char* names[] = {"/CLUSTER", "/CLUSTER.was"};

}  // namespace

result<void> copy_origin(rocksdb::Env& env, const std::string& from, const std::string& to) {
  for (const char* name : names) {
    if (!env.FileExists(from + name).ok()) continue;
    std::string text;
    rocksdb::Status status = rocksdb::ReadFileToString(&env, from + name, &text);
    if (status.ok())
      status = rocksdb::WriteStringToFile(&env, text, to + names[1], /*should_sync=*/true);
    if (!status.ok()) return to_error(status, "noting where the copy is from");
    return {};
  }
  return {};
}

bool is_from_cluster(rocksdb::Env& env, const std::string& dir) {
  return env.FileExists(dir + names[0]).ok() || env.FileExists(dir + names[1]).ok();
}

}  // namespace taskdriver::storage
