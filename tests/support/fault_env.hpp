// A file system that fails on command and, at a crash, loses what was not synced; for tests of
// storage.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace taskdriver::testing {

/// What a crash does with bytes that were written but not synced.
enum class unsynced {
  lost,     // all of them
  torn,     // a random part of them stays: of what was appended its beginning, of what was written
            // over older bytes any sectors
  garbled,  // a random part stays, and the last 512 bytes of that, or one sector, are noise
};

/// The machine's file system with faults on top. A crash is simulated on the real files: writes
/// after it fail; lose_unsynced() then cuts every file back to what a disk would hold.
///
///   write, sync, ... --crash_at_sync(n) or crash()--> everything fails --(close the store)-->
///   lose_unsynced() --> works again, with the files of after the power cut
///
/// Syncs only update the bookkeeping; nothing is really synced, so that tests are fast.
/// Not simulated: deleted files and cut ends of files that come back, and syncs that lie.
/// Thread: any.
class fault_file_system final : public rocksdb::FileSystemWrapper {
public:
  fault_file_system();
  const char* Name() const override { return "fault_file_system"; }

  /// The `n`-th sync from now (1 = the next) does not happen, nor does anything after it.
  void crash_at_sync(std::uint64_t n);
  /// The same for the `n`-th change of any kind: write, sync, making, renaming, linking, deleting.
  void crash_at_change(std::uint64_t n);
  void crash();
  bool crashed() const;
  /// Call when the store is closed after a crash. `random` decides about torn tails.
  void lose_unsynced(unsynced how, std::mt19937_64& random);

  /// The next write or sync of a file whose name ends in `suffix` (".log" is RocksDB's WAL, ".sst"
  /// a table) fails with EIO.
  void fail_next_write(const std::string& suffix);
  void fail_next_sync(const std::string& suffix);
  /// From now on only so many bytes fit (nullopt: no bound); GetFreeSpace tells the same.
  void set_space(std::optional<std::uint64_t> bytes);
  /// Every creation of a file or directory is refused with "Permission denied".
  void set_read_only(bool read_only);

  std::uint64_t syncs() const;

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus CreateDirIfMissing(const std::string& name, const rocksdb::IOOptions& options,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions& options,
                                 std::uint64_t* free_bytes,
                                 rocksdb::IODebugContext* debug) override;

  // What the files and directories it hands out ask.
  std::uint64_t size_of(const std::string& name) const;
  rocksdb::IOStatus before_write(const std::string& name, std::uint64_t at, std::size_t bytes,
                                 std::size_t* fitting);
  rocksdb::IOStatus before_sync(const std::string& name);
  void synced(const std::string& name);
  void synced_directory(const std::string& directory);
  rocksdb::IOStatus before_truncation(const std::string& name, std::uint64_t size);

private:
  struct overwrite {
    std::uint64_t at;
    std::string old_bytes;
  };
  struct file_state {
    std::uint64_t size = 0;
    std::uint64_t synced_size = 0;
    bool entry_synced = false;             // its directory was synced since it was made
    std::vector<overwrite> unsynced = {};  // of what was there before, the oldest first
  };
  struct rename {
    std::string from;
    std::string to;
    std::optional<std::string> replaced;  // what `to` held before
    file_state replaced_state;
  };

  rocksdb::IOStatus refuse_if_down();
  /// Counts one more change; false when it is the one that the crash comes before.
  bool count_change();
  /// A directory was renamed: so were the files in it (that this is undone is not simulated).
  void rename_tracked(const std::string& from, const std::string& to);
  void cut_back(const std::string& name, const file_state& file, unsynced how,
                std::mt19937_64& random);
  void note_write(const std::string& name, std::uint64_t at, std::size_t bytes);

  mutable std::mutex mutex_;
  std::map<std::string, file_state> files_;
  std::vector<rename> renames_;  // not yet synced
  bool crashed_ = false;
  bool read_only_ = false;
  std::uint64_t syncs_ = 0;
  std::uint64_t crash_at_ = 0;  // value of syncs_; 0 = never
  std::uint64_t changes_ = 0;
  std::uint64_t crash_at_change_ = 0;  // value of changes_; 0 = never
  std::string failing_write_;
  std::string failing_sync_;
  std::optional<std::uint64_t> space_;
};

/// A fault_file_system as the Env that store_options takes.
struct fault_env {
  fault_env();
  std::shared_ptr<fault_file_system> files;
  std::unique_ptr<rocksdb::Env> composite;
  std::unique_ptr<rocksdb::Env> env;
};

/// Changes one bit of the file at `path`, at `offset` from its start.
void flip_bit(const std::string& path, std::uint64_t offset);

}  // namespace taskdriver::testing
