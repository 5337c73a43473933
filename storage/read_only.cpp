// A read-only opening: the server's options, but no lock, no diary of RocksDB and no writes.
#include "storage/read_only.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "storage/rocksdb_errors.hpp"
#include "storage/wal_check.hpp"

namespace taskdriver::storage {
namespace {

/// Without a logger RocksDB writes a file LOG into the directory.
class silence final : public rocksdb::Logger {
public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Status open_with(engine& store, const rocksdb::DBOptions& options) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(options, database_path(store.options.data_dir),
                                   column_families(store.options.limits), &handles, &opened);
  if (!status.ok()) return status;
  store.own(opened, handles);
  return status;
}

error_info damaged(const std::string& data_dir, const std::string& what) {
  return {errc::internal, "damaged: " + data_dir + ": " + what};
}

/// By the same rules as the server: a torn tail of the write-ahead log is no damage.
result<void> open_files(engine& store) {
  const std::string& data_dir = store.options.data_dir;
  const wal_damage found = check_wal(store.env, database_path(data_dir));
  if (found == wal_damage::middle) return damaged(data_dir, "write-ahead log has a bad checksum");
  if (found == wal_damage::unread) {
    return error_info{errc::forbidden, data_dir + ": the write-ahead log cannot be read"};
  }
  rocksdb::DBOptions options = database_options(store);
  options.info_log = std::make_shared<silence>();
  // All tables are opened now, so that none can vanish while they are read.
  options.max_open_files = -1;
  options.listeners.clear();
  rocksdb::Status status = open_with(store, options);
  if (status.IsCorruption() && found == wal_damage::tail) {
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    status = open_with(store, options);
  }
  if (status.ok()) return {};
  if (const auto no_room = too_many_open_files(status)) return *no_room;
  return damaged(data_dir, "cannot be opened: " + status.ToString());
}

}  // namespace

result<std::unique_ptr<engine>> open_read_only(const std::string& data_dir, rocksdb::Env* env) {
  store_options options;
  options.data_dir = data_dir;
  options.env = env;
  auto store = std::make_unique<engine>(std::move(options));
  if (!store->env.FileExists(format_path(data_dir)).ok()) {
    return error_info{errc::validation, data_dir + " is not a TaskDriver data directory"};
  }
  auto format = read_format(store->env, data_dir);
  if (!format) return format.error();
  store->format = *format;
  if (auto opened = open_files(*store); !opened) return opened.error();
  store->shards = std::vector<shard_progress>(format->shard_count);
  return store;
}

bool in_use_elsewhere(const std::string& data_dir) {
  const int file = ::open(lock_path(data_dir).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  struct flock wanted = {};
  wanted.l_type = F_WRLCK;
  wanted.l_whence = SEEK_SET;
  const bool held = ::fcntl(file, F_GETLK, &wanted) == 0 && wanted.l_type != F_UNLCK;
  ::close(file);
  return held;
}

}  // namespace taskdriver::storage
