// The tables in <data-dir>/incoming/ that a shard's new state is gathered in, and their ingestion;
// internal to storage/.
#pragma once

#include <rocksdb/sst_file_writer.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/checkpoint_codec.hpp"
#include "storage/engine.hpp"
#include "storage/entry_group.hpp"

namespace taskdriver::storage {

std::string incoming_path(const std::string& data_dir);
/// Deletes all that is left over there from `shard`, or from every shard. What lies there at an
/// opening is of no use: an installation is over, or never happened.
rocksdb::Status clear_incoming(engine& store);
rocksdb::Status clear_incoming(engine& store, shard_id shard);

/// Writes a shard's new state as tables that replace the old one: each begins with the deletion of
/// the range that it is about (which in one table deletes nothing of that table), and their ranges
/// cover the shard without gap.
///
///   |--- table 0 ------------|--- table 1 --------|--- ... ---|
///   shard's first key                                         shard's end
///   \ applied index, records
///
/// Thread: one at a time. Owns: the open table.
class incoming_tables {
public:
  incoming_tables(engine& store, const checkpoint_header& header);

  /// In ascending order, index entries one by one; they become groups here.
  rocksdb::Status put(std::string_view key, std::string_view value);
  /// All tables are on disk after it.
  rocksdb::Status finish();
  /// One more for the log: the base, and the deletion of what comes before it, or of all.
  rocksdb::Status write_log_table(bool keep_suffix);
  /// Replaces state, base and log by what was written, in one entry of RocksDB's MANIFEST.
  rocksdb::Status ingest();

private:
  rocksdb::Status put_group();
  rocksdb::Status put_record(std::string_view key, std::string_view value);
  rocksdb::Status begin_table();
  rocksdb::Status end_table(std::string_view end);
  std::string path_of(const std::string& name) const;

  engine& store_;
  const checkpoint_header header_;
  std::unique_ptr<rocksdb::SstFileWriter> open_;
  std::string range_begin_;  // of the open table
  std::vector<std::string> state_tables_;
  std::string log_table_;
  std::string group_key_;  // of the last entry that has one
  entry_group group_;      // its entries that are not written yet
};

}  // namespace taskdriver::storage
