// Opening, replay, reading of the log, checkpoints and closing of a node's store.
#include "storage/node_store.hpp"

#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <charconv>

#include "base/log.hpp"
#include "base/random.hpp"
#include "storage/engine.hpp"
#include "storage/incoming_files.hpp"
#include "storage/log_codec.hpp"
#include "storage/origin_file.hpp"
#include "storage/rocksdb_errors.hpp"
#include "storage/store_keeper.hpp"

namespace taskdriver::storage {
namespace {

constexpr std::size_t replay_batch_bytes = mebibyte;

std::uint64_t property(const engine& store, rocksdb::ColumnFamilyHandle* family,
                       const std::string& name) {
  std::uint64_t value = 0;
  store.db().GetIntProperty(family, name, &value);
  return value;
}

/// Of the column family that has more of them.
std::uint64_t unmerged_files(const engine& store) {
  std::uint64_t most = 0;
  for (rocksdb::ColumnFamilyHandle* family : {store.log, store.state}) {
    std::string text;
    store.db().GetProperty(family, rocksdb::DB::Properties::kNumFilesAtLevelPrefix + "0", &text);
    std::uint64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    most = std::max(most, count);
  }
  return most;
}

}  // namespace

node_store::node_store() = default;

result<std::unique_ptr<node_store>> node_store::open(store_options options) {
  std::unique_ptr<node_store> store(new node_store);
  store->engine_ = std::make_unique<engine>(std::move(options));
  if (auto opened = open_database(*store->engine_); !opened) return opened.error();
  if (auto recovered = store->recover(); !recovered) return recovered.error();
  rocksdb::Status ready = clear_incoming(*store->engine_);
  if (ready.ok()) ready = keep_resumable(*store->engine_);
  if (!ready.ok()) return to_error(ready, "opening");
  store->keeper_ = std::make_unique<store_keeper>(*store->engine_);
  return store;
}

node_store::~node_store() {
  // A directory that was not opened in full is left as it is.
  if (!keeper_) return;
  engine_->health.close();
  keeper_.reset();
  if (engine_->health.failed() || engine_->health.full()) return;
  if (auto flushed = flush_and_cut(*engine_); !flushed) {
    log_event(log_level::warn, "closing without flush", {{"reason", flushed.error().text}});
  }
}

result<void> node_store::recover() {
  auto positions = read_positions(*engine_);
  if (!positions) return positions.error();
  if (auto raised = raise_format(*engine_); !raised) return raised;
  recovered_.shards = std::move(*positions);
  if (!engine_->options.replay) return {};
  for (shard_position& shard : recovered_.shards) {
    if (auto replayed = replay(shard); !replayed) return replayed;
  }
  return {};
}

result<void> node_store::replay(shard_position& shard) {
  const shard_id id{static_cast<std::uint16_t>(&shard - recovered_.shards.data())};
  while (shard.applied_index < shard.last_index) {
    auto entries = read_log(id, shard.applied_index + 1, replay_batch_bytes);
    if (!entries) return entries.error();
    if (auto applied = apply(*entries); !applied) return applied;
    shard.applied_index = entries->back().index;
    recovered_.replayed_entries += entries->size();
    for (const log_entry& entry : *entries) recovered_.replayed_bytes += entry.payload.size();
  }
  return {};
}

std::uint64_t node_store::store_id() const {
  return engine_->format.store_id;
}
std::uint16_t node_store::shard_count() const {
  return engine_->format.shard_count;
}
std::uint64_t node_store::applied(shard_id shard) const {
  return engine_->progress(shard).applied;
}
flushed_position node_store::flushed(shard_id shard) const {
  const shard_progress& at = engine_->progress(shard);
  return {at.flushed, at.base};
}

result<shard_position> node_store::position(shard_id shard) const {
  const auto no_cut = keeper_->pause();
  auto at = read_position(*engine_, shard);
  if (!at) engine_->health.fail(at.error());
  return at;
}

bool node_store::failed() const {
  return engine_->health.failed();
}
bool node_store::writable() const {
  return engine_->health.writable();
}

std::string node_store::trouble() const {
  const auto writable = engine_->health.check_writable();
  return writable ? std::string() : writable.error().text;
}

result<std::vector<log_entry>> node_store::read_log(shard_id shard, std::uint64_t first,
                                                    std::size_t bytes_max) const {
  if (first <= engine_->progress(shard).base)
    return error_info{errc::not_found, "entry was cut away"};
  const std::string end = shard_end(shard);
  const rocksdb::Slice upper = end;
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(engine_->db().NewIterator(options, engine_->log));
  std::vector<log_entry> entries;
  std::size_t bytes = 0;
  for (it->Seek(entry_key(shard, first)); it->Valid() && bytes < bytes_max; it->Next()) {
    auto entry = decode_entry(it->key().ToStringView(), it->value().ToStringView());
    // A cut that overtakes the reading leaves a gap at the start.
    if (entry && entry->index != first + entries.size()) {
      return error_info{errc::not_found, "entry was cut away"};
    }
    if (!entry) {
      const error_info why{errc::internal, "damaged: malformed log entry"};
      return engine_->health.fail(why), why;
    }
    bytes += entry->payload.size() + 1;
    entries.push_back(std::move(*entry));
  }
  if (!it->status().ok()) {
    const error_info why = to_error(it->status(), "reading the log");
    return engine_->health.fail(why), why;
  }
  return entries;
}

void node_store::hold_log(shard_id shard, std::uint64_t index) {
  engine_->progress(shard).hold_from = std::max<std::uint64_t>(index, 1);
}

std::unique_lock<std::mutex> node_store::pause_keeper() {
  return keeper_->pause();
}

void node_store::maintain(bool cut) {
  keeper_->tick(cut);
}

result<void> node_store::checkpoint(const std::string& dir) {
  // No cut may fall between the copy of the state and that of the log.
  const auto no_cut = keeper_->pause();
  if (engine_->env.FileExists(dir).ok()) return error_info{errc::name_taken, dir + " exists"};
  auto inspected = inspect_directory(engine_->env, dir);
  if (!inspected) return inspected.error();
  store_format format = engine_->format;
  format.store_id = random_u64();
  if (auto begun = begin_format(engine_->env, dir, format); !begun) return begun;
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&engine_->db(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // 0: flush first; what was applied is then in the copied files; the log has the rest.
  if (status.ok()) status = checkpoint->CreateCheckpoint(database_path(dir), 0);
  if (!status.ok()) return to_error(status, "writing a checkpoint");
  if (auto noted = copy_origin(engine_->env, engine_->options.data_dir, dir); !noted) return noted;
  return finish_format(engine_->env, dir);
}

store_sizes node_store::sizes() const {
  store_sizes sizes;
  sizes.log_bytes_uncut = engine_->log_bytes_uncut;
  for (rocksdb::ColumnFamilyHandle* family : {engine_->log, engine_->state}) {
    sizes.memtable_bytes += property(*engine_, family, rocksdb::DB::Properties::kSizeAllMemTables);
  }
  sizes.cache_bytes = property(*engine_, engine_->state, rocksdb::DB::Properties::kBlockCacheUsage);
  sizes.state_bytes =
      property(*engine_, engine_->state, rocksdb::DB::Properties::kLiveSstFilesSize);
  sizes.log_bytes = property(*engine_, engine_->log, rocksdb::DB::Properties::kLiveSstFilesSize);
  sizes.unmerged_files = unmerged_files(*engine_);
  return sizes;
}

}  // namespace taskdriver::storage
