// Gathers a checkpoint stream into tables, then ingests them.
#include "storage/shard_install.hpp"

#include "storage/incoming_files.hpp"
#include "storage/key_codec.hpp"
#include "storage/log_codec.hpp"
#include "storage/node_store.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

rocksdb::Status sync_directory(rocksdb::Env& env, const std::string& path) {
  std::unique_ptr<rocksdb::Directory> directory;
  rocksdb::Status status = env.NewDirectory(path, &directory);
  return status.ok() ? directory->Fsync() : status;
}

/// A failure that leaves the database itself as it was; only fatal ones end the node.
result<void> judged(engine& store, const rocksdb::Status& status, const char* doing) {
  if (status.ok()) return {};
  const error_info why = to_error(status, doing);
  if (trouble_of(status) == disk_trouble::fatal) store.health.fail(why);
  return why;
}

/// An ingestion only needs some bytes of MANIFEST, but RocksDB 7.8 aborts instead of failing when
/// not even those can be written.
result<void> check_room(engine& store) {
  constexpr std::uint64_t bytes_min = 8 * mebibyte;
  if (auto writable = store.health.check_writable(); !writable) return writable;
  std::uint64_t free_bytes = 0;
  const auto status = store.env.GetFreeSpace(store.options.data_dir, &free_bytes);
  if (!status.ok() || free_bytes >= bytes_min) return {};
  return error_info{errc::unavailable, "not enough free space to install a checkpoint"};
}

bool has_entry(engine& store, const checkpoint_header& at) {
  const std::string key = entry_key(at.shard, at.index);
  std::string value;
  if (!store.db().Get({}, store.log, key, &value).ok()) return false;
  const auto entry = decode_entry(key, value);
  return entry && entry->epoch == at.entry_epoch;
}

}  // namespace

class shard_install::gathering final : public checkpoint_visitor {
public:
  gathering(node_store& node, shard_id id)
      : store(node), internals(node.internals()), shard(id), decoder(*this) {}

  result<void> header(const checkpoint_header& header) override {
    if (header.shard != shard || header.shard_count != internals.format.shard_count) {
      return error_info{errc::validation, "checkpoint stream: of another shard or cluster"};
    }
    tables.emplace(internals, header);
    return {};
  }
  result<void> record(std::string_view key, std::string_view value) override {
    if (is_group(key))
      return error_info{errc::validation, "checkpoint stream: a group instead of its entries"};
    return judged(internals, tables->put(key, value), "gathering a checkpoint");
  }
  void note_installed(bool keep_suffix) const;

  node_store& store;
  engine& internals;
  const shard_id shard;
  checkpoint_decoder decoder;
  std::optional<incoming_tables> tables;
  bool finished = false;
};

/// The progress of a shard has three writers, none of which is at work now.
void shard_install::gathering::note_installed(bool keep_suffix) const {
  shard_progress& at = internals.progress(shard);
  const std::uint64_t index = decoder.header().index;
  at.applied = at.flushed = at.base = index;
  if (!keep_suffix || at.last < index) at.last = index;
}

shard_install::shard_install(std::unique_ptr<gathering> state) : state_(std::move(state)) {}

shard_install::~shard_install() {
  engine& store = state_->internals;
  state_->tables.reset();
  // What cannot be deleted now is at the next opening.
  clear_incoming(store, state_->shard).PermitUncheckedError();
}

result<std::unique_ptr<shard_install>> shard_install::begin(node_store& store, shard_id shard) {
  engine& internals = store.internals();
  TASKDRIVER_CHECK(internals.knows(shard), "the shard must exist");
  if (auto writable = internals.health.check_writable(); !writable) return writable.error();
  rocksdb::Status status =
      internals.env.CreateDirIfMissing(incoming_path(internals.options.data_dir));
  if (status.ok()) status = clear_incoming(internals, shard);
  if (auto made = judged(internals, status, "beginning a checkpoint"); !made) return made.error();
  return std::unique_ptr<shard_install>(
      new shard_install(std::make_unique<gathering>(store, shard)));
}

result<void> shard_install::take(std::string_view bytes) {
  // Gathering must not use up the reserve that the log lives on.
  if (auto writable = state_->internals.health.check_writable(); !writable) return writable;
  return state_->decoder.take(bytes);
}

result<checkpoint_header> shard_install::finish() {
  engine& internals = state_->internals;
  if (!state_->decoder.finished()) {
    return error_info{errc::validation, "checkpoint stream: it ended too early"};
  }
  rocksdb::Status status = state_->tables->finish();
  if (status.ok()) {
    status = sync_directory(internals.env, incoming_path(internals.options.data_dir));
  }
  if (auto gathered = judged(internals, status, "gathering a checkpoint"); !gathered) {
    return gathered.error();
  }
  state_->finished = true;
  return state_->decoder.header();
}

result<void> shard_install::install(bool keep_suffix) {
  engine& internals = state_->internals;
  const checkpoint_header& at = state_->decoder.header();
  TASKDRIVER_CHECK(state_->finished, "only what was finished is installed");
  TASKDRIVER_CHECK(!keep_suffix || at.index > internals.progress(at.shard).applied,
                   "only a shard that is replaced as a whole goes back");
  TASKDRIVER_CHECK(!keep_suffix || has_entry(internals, at), "a kept suffix follows its entry");
  const auto written =
      judged(internals, state_->tables->write_log_table(keep_suffix), "installing a checkpoint");
  if (!written) return written;
  const auto no_cut = state_->store.pause_keeper();
  if (auto room = check_room(internals); !room) return room;
  // RocksDB flushes memtables that overlap what is ingested while all writers wait; after this
  // flush, for which nobody waits, none does.
  if (auto flushed = flush_and_cut(internals); !flushed) {
    if (flushed.error().code == errc::internal) internals.health.fail(flushed.error());
    return flushed;
  }
  if (auto room = check_room(internals); !room) return room;
  const rocksdb::Status status = state_->tables->ingest();
  if (trouble_of(status) == disk_trouble::full) internals.health.set_full(status.ToString());
  if (auto ingested = judged(internals, status, "installing a checkpoint"); !ingested) {
    return ingested;
  }
  state_->note_installed(keep_suffix);
  return {};
}

}  // namespace taskdriver::storage
