// Table files written outside the database, and how they get in.
#include "storage/incoming_files.hpp"

#include <rocksdb/options.h>

#include "storage/key_codec.hpp"
#include "storage/log_codec.hpp"
#include "storage/record_codec.hpp"

namespace taskdriver::storage {
namespace {

std::string name_prefix(shard_id shard) {
  return std::to_string(raw(shard)) + "-";
}

rocksdb::Status clear(engine& store, const std::string& prefix) {
  const std::string dir = incoming_path(store.options.data_dir);
  std::vector<std::string> names;
  if (store.env.FileExists(dir).IsNotFound()) return rocksdb::Status::OK();
  rocksdb::Status status = store.env.GetChildren(dir, &names);
  for (const std::string& name : names) {
    if (!status.ok()) return status;
    if (name != "." && name != ".." && name.starts_with(prefix)) {
      status = store.env.DeleteFile(dir + "/" + name);
    }
  }
  return status;
}

/// fsync of one table must not hold up the fsync of the log.
rocksdb::Options table_options(engine& store, rocksdb::ColumnFamilyHandle* family) {
  rocksdb::Options options = store.db().GetOptions(family);
  options.bytes_per_sync = mebibyte;
  return options;
}

rocksdb::IngestExternalFileArg ingestion(rocksdb::ColumnFamilyHandle* family,
                                         std::vector<std::string> files) {
  rocksdb::IngestExternalFileArg arg;
  arg.column_family = family;
  arg.external_files = std::move(files);
  arg.options.move_files = true;
  arg.options.write_global_seqno = false;
  return arg;
}

}  // namespace

std::string incoming_path(const std::string& data_dir) {
  return data_dir + "/incoming";
}

rocksdb::Status clear_incoming(engine& store) {
  return clear(store, "");
}

rocksdb::Status clear_incoming(engine& store, shard_id shard) {
  return clear(store, name_prefix(shard));
}

incoming_tables::incoming_tables(engine& store, const checkpoint_header& header)
    : store_(store), header_(header), range_begin_(shard_range_begin(header.shard)) {}

std::string incoming_tables::path_of(const std::string& name) const {
  return incoming_path(store_.options.data_dir) + "/" + name_prefix(header_.shard) + name + ".sst";
}

rocksdb::Status incoming_tables::begin_table() {
  const rocksdb::Options options = table_options(store_, store_.state);
  open_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(options), options,
                                                   store_.state, /*invalidate_page_cache=*/false);
  const bool first = state_tables_.empty();
  state_tables_.push_back(path_of(std::to_string(state_tables_.size())));
  rocksdb::Status status = open_->Open(state_tables_.back());
  if (status.ok() && first) {
    status = open_->Put(applied_key(header_.shard), encode_number(header_.index));
  }
  return status;
}

rocksdb::Status incoming_tables::end_table(std::string_view end) {
  rocksdb::Status status = open_->DeleteRange(range_begin_, end);
  if (status.ok()) status = open_->Finish();
  range_begin_ = end;
  open_.reset();
  return status;
}

rocksdb::Status incoming_tables::put(std::string_view key, std::string_view value) {
  const bool entry =
      store_.format.version >= format_with_groups && is_grouped(key) && value == index_value;
  const bool same_group = entry && group_of(key) == group_key_;
  if (!group_.empty() && !same_group)
    if (const rocksdb::Status status = put_group(); !status.ok()) return status;
  // Behind a record of its own that lies in the group, the rest stays alone as well.
  const bool written = same_group && group_.empty();
  if (!entry || written) return put_record(key, value);
  group_key_ = group_of(key);
  group_.add(static_cast<std::uint8_t>(key.back()));
  return {};
}

rocksdb::Status incoming_tables::put_group() {
  std::string value;
  group_.encode(value);
  group_ = {};
  return put_record(group_key_, value);
}

rocksdb::Status incoming_tables::put_record(std::string_view key, std::string_view value) {
  rocksdb::Status status;
  // As large as what a flush writes, so that it takes part in compactions like others.
  if (open_ && open_->FileSize() >= store_.options.limits.state_buffer_bytes)
    status = end_table(key);
  if (status.ok() && !open_) status = begin_table();
  if (status.ok()) status = open_->Put(key, value);
  return status;
}

rocksdb::Status incoming_tables::finish() {
  rocksdb::Status status;
  if (!group_.empty()) status = put_group();
  if (status.ok() && !open_) status = begin_table();
  if (status.ok()) status = end_table(shard_range_end(header_.shard));
  return status;
}

rocksdb::Status incoming_tables::write_log_table(bool keep_suffix) {
  const shard_id shard = header_.shard;
  const rocksdb::Options options = table_options(store_, store_.log);
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(options), options, store_.log);
  log_table_ = path_of("log");
  rocksdb::Status status = writer.Open(log_table_);
  if (status.ok()) {
    status = writer.Put(base_key(shard), encode_base({header_.index, header_.entry_epoch}));
  }
  const std::string end = keep_suffix ? entry_key(shard, header_.index + 1) : shard_end(shard);
  if (status.ok()) status = writer.DeleteRange(entry_key(shard, 1), end);
  if (status.ok()) status = writer.Finish();
  return status;
}

rocksdb::Status incoming_tables::ingest() {
  return store_.db().IngestExternalFiles(
      {ingestion(store_.state, state_tables_), ingestion(store_.log, {log_table_})});
}

}  // namespace taskdriver::storage
