// Encodes a snapshot of a shard chunk by chunk.
#include "storage/shard_checkpoint.hpp"

#include "storage/checkpoint_scan.hpp"
#include "storage/log_codec.hpp"
#include "storage/node_store.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

result<std::string> read(engine& store, const rocksdb::Snapshot* snapshot,
                         rocksdb::ColumnFamilyHandle* family, const std::string& key) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string value;
  const rocksdb::Status status = store.db().Get(options, family, key, &value);
  if (status.IsNotFound()) return std::string();
  if (!status.ok()) return to_error(status, "reading a checkpoint");
  return value;
}

/// The epoch of the last applied entry: it is the base, or still in the log.
result<std::uint64_t> epoch_of(engine& store, const rocksdb::Snapshot* snapshot, shard_id shard,
                               std::uint64_t index) {
  auto base = read(store, snapshot, store.log, base_key(shard));
  if (!base) return base.error();
  const auto cut = decode_base(*base);
  if (cut && cut->index == index) return cut->epoch;
  const std::string key = entry_key(shard, index);
  auto value = read(store, snapshot, store.log, key);
  if (!value) return value.error();
  const auto entry = decode_entry(key, *value);
  if (!entry)
    return error_info{errc::internal, "damaged: the last applied entry is not in the log"};
  return entry->epoch;
}

result<checkpoint_header> header_of(engine& store, const rocksdb::Snapshot* snapshot,
                                    shard_id shard) {
  auto value = read(store, snapshot, store.state, applied_key(shard));
  if (!value) return value.error();
  const std::uint64_t index = decode_number(*value).value_or(0);
  // Of nothing, for a replica that has to go back to that (R36).
  if (index == 0) return checkpoint_header{shard, store.format.shard_count, 0, 0};
  auto epoch = epoch_of(store, snapshot, shard, index);
  if (!epoch) return epoch.error();
  return checkpoint_header{shard, store.format.shard_count, index, *epoch};
}

}  // namespace

struct shard_checkpoint::reading {
  reading(engine& e, checkpoint_options o) : store(e), options(o), snapshot(&e.db()) {}

  void fill();

  engine& store;
  checkpoint_options options;
  rocksdb::ManagedSnapshot snapshot;
  checkpoint_header header;
  std::unique_ptr<checkpoint_scan> scan;
  checkpoint_encoder encoder;
  std::string waiting;  // encoded, not handed out
  std::uint64_t handed_out = 0;
  bool ended = false;
};

void shard_checkpoint::reading::fill() {
  for (; waiting.size() < options.chunk_bytes && scan->valid(); scan->next()) {
    encoder.record(waiting, scan->key(), scan->value());
  }
  if (scan->valid() || ended || !scan->status().ok()) return;
  encoder.end(waiting);
  ended = true;
}

shard_checkpoint::shard_checkpoint(std::unique_ptr<reading> at) : at_(std::move(at)) {}
shard_checkpoint::~shard_checkpoint() = default;

result<std::unique_ptr<shard_checkpoint>> shard_checkpoint::open(node_store& store, shard_id shard,
                                                                 checkpoint_options options) {
  engine& internals = store.internals();
  TASKDRIVER_CHECK(internals.knows(shard), "the shard must exist");
  auto at = std::make_unique<reading>(internals, options);
  auto header = header_of(internals, at->snapshot.snapshot(), shard);
  if (!header) {
    if (header.error().code == errc::internal) internals.health.fail(header.error());
    return header.error();
  }
  at->header = *header;
  at->scan = std::make_unique<checkpoint_scan>(internals, at->snapshot.snapshot(), shard);
  checkpoint_encoder::header(at->waiting, *header);
  return std::unique_ptr<shard_checkpoint>(new shard_checkpoint(std::move(at)));
}

const checkpoint_header& shard_checkpoint::header() const {
  return at_->header;
}

result<std::string> shard_checkpoint::next() {
  at_->fill();
  if (const rocksdb::Status status = at_->scan->status(); !status.ok()) {
    const error_info why = to_error(status, "reading a checkpoint");
    return at_->store.health.fail(why), why;
  }
  std::string chunk = at_->waiting.substr(0, at_->options.chunk_bytes);
  at_->waiting.erase(0, chunk.size());
  at_->handed_out += chunk.size();
  return chunk;
}

std::uint64_t shard_checkpoint::bytes_read() const {
  return at_->handed_out;
}

std::int64_t shard_checkpoint::due_ms() const {
  const std::uint64_t rate = at_->options.bytes_per_second;
  return rate == 0 ? 0 : static_cast<std::int64_t>(at_->handed_out * 1000 / rate);
}

}  // namespace taskdriver::storage
