// Reads where each shard's log and state stand after opening, and refuses what no crash can leave.
#include "storage/engine.hpp"
#include "storage/log_codec.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

error_info damaged(shard_id shard, const std::string& what) {
  return {errc::internal, "damaged: shard " + std::to_string(raw(shard)) + ": " + what};
}

/// Reads one small value. An absent key leaves `out` as it is.
template <class Value, class Decode>
result<void> read_value(engine& store, rocksdb::ColumnFamilyHandle* family, const std::string& key,
                        Decode decode, Value& out) {
  std::string value;
  const rocksdb::Status status = store.db().Get({}, family, key, &value);
  if (status.IsNotFound()) return {};
  if (!status.ok()) return to_error(status, "reading a shard's position");
  const std::optional<Value> decoded = decode(value);
  if (!decoded) return error_info{errc::internal, "damaged: a shard's position is malformed"};
  out = *decoded;
  return {};
}

/// Walks the entries after the base: none may be missing in between.
result<void> find_last(engine& store, shard_id shard, shard_position& at) {
  const std::string end = shard_end(shard);
  const rocksdb::Slice upper = end;
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(store.db().NewIterator(options, store.log));
  for (it->Seek(entry_key(shard, at.base_index + 1)); it->Valid(); it->Next()) {
    const auto entry = decode_entry(it->key().ToStringView(), it->value().ToStringView());
    if (!entry) return damaged(shard, "an entry is malformed");
    if (entry->index != at.last_index + 1) {
      return damaged(shard, "entry " + std::to_string(at.last_index + 1) + " is missing");
    }
    if (entry->epoch < at.last_epoch) return damaged(shard, "epochs of entries go back");
    if (at.runs.empty() || entry->epoch != at.last_epoch) {
      at.runs.push_back({entry->index, entry->epoch});
    }
    at.log_bytes += entry->payload.size();
    at.last_index = entry->index;
    at.last_epoch = entry->epoch;
  }
  if (!it->status().ok()) return to_error(it->status(), "reading the log");
  return {};
}

}  // namespace

result<shard_position> read_position(engine& store, shard_id shard) {
  shard_position at;
  log_base base;
  auto read = read_value(store, store.log, base_key(shard), decode_base, base);
  if (read) read = read_value(store, store.log, seen_key(shard), decode_number, at.seen_epoch);
  if (read) {
    read = read_value(store, store.state, applied_key(shard), decode_number, at.applied_index);
  }
  if (!read) return read.error();
  at.base_index = at.last_index = base.index;
  at.base_epoch = at.last_epoch = base.epoch;
  if (auto found = find_last(store, shard, at); !found) return found.error();
  // The log is cut only below the flushed state, and fsynced before the state takes an entry.
  if (at.applied_index < at.base_index) return damaged(shard, "state is behind the log's start");
  if (at.applied_index > at.last_index) return damaged(shard, "the log ends before its state");
  return at;
}

result<std::vector<shard_position>> read_positions(engine& store) {
  std::vector<shard_position> positions;
  for (std::uint16_t n = 0; n < store.format.shard_count; ++n) {
    auto at = read_position(store, shard_id{n});
    if (!at) return at.error();
    store.shards[n].last = at->last_index;
    store.shards[n].applied = at->applied_index;
    store.shards[n].flushed = at->applied_index;
    store.shards[n].base = at->base_index;
    positions.push_back(*at);
  }
  return positions;
}

}  // namespace taskdriver::storage
