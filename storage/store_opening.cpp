// Opens or makes a data directory, and says in the operator's words why it cannot.
#include <rocksdb/options.h>

#include "base/log.hpp"
#include "base/random.hpp"
#include "storage/engine.hpp"
#include "storage/filled_wal.hpp"
#include "storage/rocksdb_errors.hpp"
#include "storage/wal_check.hpp"

namespace taskdriver::storage {
namespace {

error_info damaged(const std::string& data_dir, const std::string& what) {
  return {errc::internal, "damaged: " + data_dir + ": " + what + ". Restore a backup"};
}

bool is_refused(const std::string& text) {
  return text.find("ermission denied") != std::string::npos;
}

/// No damage: what a program run by root made in the directory is given back by a chown.
error_info unreadable(const std::string& data_dir, const std::string& what) {
  return {errc::forbidden,
          data_dir + ": " + what + ". Do all files in it belong to the user of the server?"};
}

error_info opening_error(const rocksdb::Status& status, const std::string& data_dir) {
  if (status.IsNoSpace()) return to_error(status, "opening " + data_dir);
  if (is_refused(status.ToString())) return unreadable(data_dir, status.ToString());
  if (const auto no_room = too_many_open_files(status)) return *no_room;
  return damaged(data_dir, "cannot be opened: " + status.ToString());
}

result<void> lock_directory(engine& store) {
  const rocksdb::Status status = store.env.LockFile(lock_path(store.options.data_dir), &store.lock);
  if (status.ok()) return {};
  const std::string text = status.ToString();
  if (is_refused(text) || text.find("Read-only") != std::string::npos) {
    return error_info{errc::forbidden, "data directory is not writable: " + text};
  }
  if (status.IsNoSpace()) return to_error(status, "locking the data directory");
  return error_info{errc::in_use,
                    store.options.data_dir + " is in use by another process: " + text};
}

rocksdb::Status open_once(engine& store, rocksdb::DBOptions options) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(options, database_path(store.options.data_dir),
                        column_families(store.options.limits), &handles, &opened);
  if (!status.ok()) return status;
  store.own(opened, handles);
  return status;
}

/// A power cut may leave the record that was being written half on disk. That one was never
/// acknowledged and is dropped; damage anywhere before it is not. RocksDB alone cannot be asked: a
/// flipped bit in a record's length makes it take all that follows for a torn tail.
result<void> open_existing(engine& store) {
  const std::string& data_dir = store.options.data_dir;
  const wal_damage found = check_wal(store.env, database_path(data_dir));
  if (found == wal_damage::middle) return damaged(data_dir, "write-ahead log has a bad checksum");
  if (found == wal_damage::unread) {
    return unreadable(data_dir, "the write-ahead log cannot be read");
  }
  rocksdb::DBOptions options = database_options(store);
  rocksdb::Status status = open_once(store, options);
  if (status.IsCorruption() && found == wal_damage::tail) {
    log_event(log_level::warn, "dropping a write that a crash cut off",
              {{"reason", status.ToString()}});
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    status = open_once(store, options);
  }
  if (!status.ok()) return opening_error(status, data_dir);
  return {};
}

result<void> create(engine& store) {
  const std::string& data_dir = store.options.data_dir;
  store.format = {format_version, random_u64(), store.options.shard_count};
  // Left over from a creation that never finished; FORMAT.new says that it was ours.
  rocksdb::Options leftover;
  leftover.env = &store.env;
  rocksdb::Status status = rocksdb::DestroyDB(database_path(data_dir), leftover);
  if (!status.ok()) return opening_error(status, data_dir);
  if (auto begun = begin_format(store.env, data_dir, store.format); !begun) return begun;
  rocksdb::DBOptions options = database_options(store);
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.error_if_exists = true;
  status = open_once(store, options);
  if (!status.ok()) return opening_error(status, data_dir);
  return finish_format(store.env, data_dir);
}

}  // namespace

engine::engine(store_options opts)
    : options(std::move(opts)),
      env(options.env != nullptr ? *options.env : *rocksdb::Env::Default()),
      database_env(with_filled_wal(env)),
      health(options.on_fatal) {}

void engine::own(rocksdb::DB* opened, const std::vector<rocksdb::ColumnFamilyHandle*>& families) {
  database.reset(opened);
  unused_default = families[0];
  log = families[1];
  state = families[2];
}

engine::~engine() {
  if (database) {
    // Closing would flush what it cannot write; RocksDB asserts when a flush is tried again whose
    // new write-ahead log could not be made.
    if (health.failed() || health.full()) {
      database->SetDBOptions({{"avoid_flush_during_shutdown", "true"}}).PermitUncheckedError();
    }
    for (rocksdb::ColumnFamilyHandle* handle : {unused_default, log, state}) {
      database->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    }
    database->Close().PermitUncheckedError();
    database.reset();
  }
  if (lock != nullptr) env.UnlockFile(lock).PermitUncheckedError();
}

result<void> open_database(engine& store) {
  TASKDRIVER_CHECK(store.options.shard_count > 0, "a store needs a shard");
  const std::string& data_dir = store.options.data_dir;
  // A directory that is not ours must not even get a LOCK file, so look first.
  if (auto before = inspect_directory(store.env, data_dir); !before) return before.error();
  if (auto locked = lock_directory(store); !locked) return locked;
  auto found = inspect_directory(store.env, data_dir);
  if (!found) return found.error();
  if (*found == directory_state::ready) {
    auto format = read_format(store.env, data_dir);
    if (!format) return format.error();
    store.format = *format;
    if (auto opened = open_existing(store); !opened) return opened;
  } else {
    if (auto created = create(store); !created) return created;
  }
  store.shards = std::vector<shard_progress>(store.format.shard_count);
  return {};
}

result<void> raise_format(engine& store) {
  if (store.format.version == format_version || !store.options.raise_format) return {};
  auto raised = store.format;
  raised.version = format_version;
  if (auto done = write_format(store.env, store.options.data_dir, raised); !done) return done;
  log_event(log_level::info, "data directory raised to a newer format",
            {{"from", store.format.version}, {"to", raised.version}});
  store.format = raised;
  return {};
}

rocksdb::Status write_log(engine& store, rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.sync = true;
  return store.db().Write(options, &batch);
}

rocksdb::Status write_state(engine& store, rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return store.db().Write(options, &batch);
}

}  // namespace taskdriver::storage
