// Applies durable entries to the state: without deciding anything, atomically, once.
#include <rocksdb/write_batch.h>

#include "storage/engine.hpp"
#include "storage/log_codec.hpp"
#include "storage/node_store.hpp"
#include "storage/payload_codec.hpp"
#include "storage/rocksdb_errors.hpp"
#include "storage/state_batch.hpp"

namespace taskdriver::storage {
namespace {

result<void> fill(state_batch& filler, const entry_view& entry) {
  filler.enter(entry.shard);
  if (auto visited = visit_payload(entry.payload, filler); !visited) return visited;
  if (filler.stray()) return error_info{errc::internal, "log entry: key outside its shard"};
  if (!filler.status().ok()) return to_error(filler.status(), "applying an entry");
  return {};
}

/// Fills `batch` from all entries and notes the newest index of each shard in `reached`.
result<void> fill_all(engine& store, std::span<const entry_view> entries, state_batch& batch,
                      std::vector<std::uint64_t>& reached) {
  for (const entry_view& entry : entries) {
    TASKDRIVER_CHECK(store.knows(entry.shard), "an entry's shard must exist");
    std::uint64_t& index = reached[raw(entry.shard)];
    if (index == 0) index = store.progress(entry.shard).applied;
    TASKDRIVER_CHECK(entry.index == index + 1, "entries must be applied in order");
    index = entry.index;
    if (auto filled = fill(batch, entry); !filled) return filled;
  }
  return {};
}

/// Adds the applied indexes to what `gathered` has. Fails: internal.
result<void> add_applied(engine& store, const std::vector<std::uint64_t>& reached,
                         state_batch& gathered) {
  rocksdb::WriteBatch& batch = gathered.finish();
  rocksdb::Status status = gathered.status();
  for (std::uint16_t n = 0; n < reached.size() && status.ok(); ++n) {
    if (reached[n] == 0) continue;
    status = batch.Put(store.state, applied_key(shard_id{n}), encode_number(reached[n]));
  }
  if (!status.ok()) return to_error(status, "applying entries");
  return {};
}

std::size_t bytes_of(std::span<const entry_view> entries) {
  std::size_t bytes = 0;
  for (const entry_view& entry : entries) bytes += entry.payload.size();
  return bytes;
}

/// Durable entries must reach the state: on a full disk this waits until there is room.
result<void> write_patiently(engine& store, rocksdb::WriteBatch& batch) {
  for (;;) {
    const rocksdb::Status status = write_state(store, batch);
    const error_info why = status.ok() ? error_info{} : to_error(status, "applying entries");
    switch (trouble_of(status)) {
      case disk_trouble::none:
        return {};
      case disk_trouble::fatal:
        store.health.fail(why);
        return why;
      case disk_trouble::full:
        break;
    }
    store.health.set_full(why.text);
    if (!store.health.wait_until_resumed()) return why;
  }
}

}  // namespace

result<void> node_store::apply(std::span<const log_entry> entries) {
  std::vector<entry_view> views;
  views.reserve(entries.size());
  for (const log_entry& entry : entries) views.push_back({entry.shard, entry.index, entry.payload});
  return apply(views);
}

result<void> node_store::apply(std::span<const entry_view> entries) {
  if (entries.empty()) return {};
  state_batch batch(*engine_, bytes_of(entries));
  std::vector<std::uint64_t> reached(engine_->format.shard_count);
  auto filled = fill_all(*engine_, entries, batch, reached);
  if (filled) filled = add_applied(*engine_, reached, batch);
  if (!filled) {
    engine_->health.fail(filled.error());
    return filled;
  }
  if (auto written = write_patiently(*engine_, batch.finish()); !written) return written;
  for (std::uint16_t n = 0; n < reached.size(); ++n) {
    if (reached[n] != 0) engine_->shards[n].applied = reached[n];
  }
  return {};
}

}  // namespace taskdriver::storage
