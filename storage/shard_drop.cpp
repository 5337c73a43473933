// The checkpoint of nothing, made here and installed, and the compaction behind it.
#include "storage/shard_drop.hpp"

#include "base/log.hpp"
#include "storage/engine.hpp"
#include "storage/key_codec.hpp"
#include "storage/log_codec.hpp"
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

rocksdb::Status compact(engine& store, rocksdb::ColumnFamilyHandle* family,
                        const std::string& begin, const std::string& end,
                        std::atomic<bool>& give_up) {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.canceled = &give_up;
  const rocksdb::Slice first = begin;
  const rocksdb::Slice last = end;
  return store.db().CompactRange(options, family, &first, &last);
}

}  // namespace

result<void> drop_shard(node_store& store, shard_id shard) {
  auto nothing = shard_install::begin(store, shard);
  if (!nothing) return nothing.error();
  if (auto taken = (*nothing)->take(checkpoint_of_nothing(store, shard)); !taken) return taken;
  if (auto finished = (*nothing)->finish(); !finished) return finished.error();
  return (*nothing)->install(false);
}

void free_dropped(node_store& store, shard_id shard, std::atomic<bool>& give_up) {
  engine& internals = store.internals();
  if (!internals.health.writable()) return;
  rocksdb::Status status = compact(internals, internals.state, shard_range_begin(shard),
                                   shard_range_end(shard), give_up);
  if (status.ok()) {
    status = compact(internals, internals.log, entry_key(shard, 1), shard_end(shard), give_up);
  }
  // A disk that is at its end shows with the next write.
  if (!status.ok() && !give_up)
    log_event(log_level::warn, "room of a dropped shard not freed yet",
              {{"shard", raw(shard)}, {"reason", status.ToString()}});
}

}  // namespace taskdriver::storage
