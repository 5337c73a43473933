// The checkpoint of nothing, made here and installed.
#include "storage/shard_drop.hpp"

#include "storage/node_store.hpp"
#include "storage/shard_install.hpp"

namespace taskdriver::storage {
namespace {

std::string checkpoint_of_nothing(const node_store& store, shard_id shard) {
  std::string bytes;
  checkpoint_encoder::header(bytes, {.shard = shard, .shard_count = store.shard_count()});
  checkpoint_encoder().end(bytes);
  return bytes;
}

}  // namespace

result<void> drop_shard(node_store& store, shard_id shard) {
  auto nothing = shard_install::begin(store, shard);
  if (!nothing) return nothing.error();
  if (auto taken = (*nothing)->take(checkpoint_of_nothing(store, shard)); !taken) return taken;
  if (auto finished = (*nothing)->finish(); !finished) return finished.error();
  return (*nothing)->install(false);
}

}  // namespace taskdriver::storage
