// How RocksDB is tuned for the two column families, with the reason of every choice.
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_partitioner.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include "storage/engine.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

/// Hears of failed flushes and compactions, which no caller of ours waits for.
/// Thread: RocksDB's background threads.
class background_errors final : public rocksdb::EventListener {
public:
  explicit background_errors(store_health& health) : health_(health) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    const error_info why = to_error(*status, "writing in the background");
    switch (trouble_of(*status)) {
      case disk_trouble::none:
        return;
      case disk_trouble::full:
        return health_.set_full(why.text);
      case disk_trouble::fatal:
        return health_.fail(why);
    }
  }

  /// The keeper resumes; RocksDB's own attempts would make its calls "busy".
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

private:
  store_health& health_;
};

/// Ends a table of some size where a kind of records ends. A table that has the last tasks' specs
/// and the first ones' progress spans whatever lies between in the level below, all of which is
/// then read and written again to merge it.
class ends_with_kind final : public rocksdb::SstPartitioner {
public:
  const char* Name() const override { return "ends_with_kind"; }
  rocksdb::PartitionerResult ShouldPartition(const rocksdb::PartitionerRequest& request) override {
    if (request.current_output_file_size < table_bytes_min) return rocksdb::kNotRequired;
    const std::string_view last = request.prev_user_key->ToStringView();
    const std::string_view next = request.current_user_key->ToStringView();
    const bool same = last.substr(0, hint_prefix_bytes) == next.substr(0, hint_prefix_bytes);
    return same ? rocksdb::kNotRequired : rocksdb::kRequired;
  }
  bool CanDoTrivialMove(const rocksdb::Slice&, const rocksdb::Slice&) override { return true; }

private:
  static constexpr std::uint64_t table_bytes_min = 2 * mebibyte;
};

class ends_with_kind_factory final : public rocksdb::SstPartitionerFactory {
public:
  const char* Name() const override { return "ends_with_kind"; }
  std::unique_ptr<rocksdb::SstPartitioner> CreatePartitioner(
      const rocksdb::SstPartitioner::Context&) const override {
    return std::make_unique<ends_with_kind>();
  }
};

/// Files of level 0, which flushes add and compaction takes away: with so many of them RocksDB
/// slows writes down, and takes none.
constexpr int files_slow = 40;
constexpr int files_stop = 56;

std::shared_ptr<rocksdb::TableFactory> tables(const std::shared_ptr<rocksdb::Cache>& cache,
                                              bool point_gets) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Index and filter blocks count against the cache; partitioned, so that only their hot parts
  // stay.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = false;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = point_gets;
  table.metadata_block_size = 4096;
  table.format_version = 5;
  if (point_gets) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(table));
}

rocksdb::ColumnFamilyOptions log_options(const store_limits& limits,
                                         const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = limits.log_buffer_bytes;
  // Entries are read in order or not at all: no filters. They hardly ever reach an SST file.
  options.table_factory = tables(cache, false);
  options.compression = rocksdb::kLZ4Compression;
  // Its files are nearly empty and compacted in no time, but behind those of `state`, whose
  // compactions take seconds: that is no reason to slow writes down.
  options.level0_slowdown_writes_trigger = files_slow;
  options.level0_stop_writes_trigger = files_stop;
  return options;
}

rocksdb::ColumnFamilyOptions state_options(const store_limits& limits,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = limits.state_buffer_bytes;
  options.max_write_buffer_number = 3;
  // Each compaction of level 0 rewrites the level below it, some 256 MiB, whatever it brings: the
  // more it brings, the less each byte costs. (Measured with 2.5 million tasks loaded: 16 files
  // instead of 8 take 31 % less CPU for compaction, 18 % less in all.) Reads do not suffer much:
  // what is hot is in memory, and scans of the queue start at its head, so that deleted places may
  // wait as well. Writes are held up only beyond twice as many.
  options.level0_file_num_compaction_trigger = 16;
  options.level0_slowdown_writes_trigger = files_slow;
  options.level0_stop_writes_trigger = files_stop;
  options.table_factory = tables(cache, true);
  // A get nearly always finds its record: no filters on the last level, 90 % of their size. (Not
  // that of a new group of index entries, but its neighbours have just been written.)
  options.optimize_filters_for_hits = true;
  // Keys of one kind mostly come in ascending order: the memtable starts looking where it last put
  // one of the same shard, project and kind.
  options.memtable_insert_with_hint_prefix_extractor.reset(
      rocksdb::NewFixedPrefixTransform(hint_prefix_bytes));
  options.compression = rocksdb::kLZ4Compression;
  options.level_compaction_dynamic_level_bytes = true;
  options.sst_partitioner_factory = std::make_shared<ends_with_kind_factory>();
  return options;
}

}  // namespace

rocksdb::DBOptions database_options(engine& store) {
  const store_limits& limits = store.options.limits;
  rocksdb::DBOptions options;
  options.env = store.database_env.get();
  options.paranoid_checks = true;
  // Refuses damage, which store_opening.cpp has looked for before: only a torn tail passes.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // A missing or shortened write-ahead log is then found at the next start.
  options.track_and_verify_wals_in_manifest = true;
  options.verify_sst_unique_id_in_manifest = true;
  options.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(limits.write_buffers_bytes);
  // Only a safety net: the keeper's cut normally releases the WAL long before.
  options.max_total_wal_size = 4 * limits.log_buffer_bytes;
  options.max_background_jobs = 2;
  // The log's writer and the applier take turns; the single-threaded memtable is cheaper and knows
  // insert hints.
  options.allow_concurrent_memtable_write = false;
  // Writes SST files out while they grow: otherwise their fsync at the end delays the log's fsync.
  options.bytes_per_sync = mebibyte;
  // Otherwise each block of a compaction is a read of its own: with this it takes 15 % less CPU.
  options.compaction_readahead_size = mebibyte / 2;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.keep_log_file_num = 4;
  options.max_log_file_size = 4 * mebibyte;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.max_bgerror_resume_count = 0;
  options.listeners = {std::make_shared<background_errors>(store.health)};
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> column_families(const store_limits& limits) {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(limits.block_cache_bytes);
  rocksdb::ColumnFamilyOptions unused;
  unused.write_buffer_size = mebibyte;
  unused.table_factory = tables(cache, false);
  return {{rocksdb::kDefaultColumnFamilyName, unused},
          {"log", log_options(limits, cache)},
          {"state", state_options(limits, cache)}};
}

}  // namespace taskdriver::storage
