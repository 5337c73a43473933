// What a node's store is opened with: where, how much memory and disk, and who hears of its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace rocksdb {
class Env;
}

namespace taskdriver::storage {

inline constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// What an entry of `size` bytes counts where too many writes are to be refused: of a large one
/// 1 MiB, so that what comes behind one waits for it and is not refused. The bytes themselves have
/// a bound as well, raw_bytes_max.
constexpr std::size_t crowding_bytes(std::size_t size) {
  return size < mebibyte ? size : mebibyte;
}

/// How many bytes may wait where `crowding` of crowding_bytes may.
constexpr std::size_t raw_bytes_max(std::size_t crowding) {
  return 4 * crowding;
}

/// Bounds of memory and disk. Together the defaults stay below 200 MiB, so that the whole server
/// stays below 300 MiB with 10 million queued tasks.
struct store_limits {
  /// Data, index and filter blocks all live in this one cache, so that it is a real bound.
  std::size_t block_cache_bytes = 64 * mebibyte;
  /// One memtable of `state`. Small enough that a flush takes well under a second.
  std::size_t state_buffer_bytes = 32 * mebibyte;
  /// One memtable of `log`. Twice log_cut_bytes, so that entries are normally deleted in memory and
  /// never written a second time to an SST file.
  std::size_t log_buffer_bytes = 64 * mebibyte;
  /// All memtables together (WriteBufferManager): the log's, one that fills, one that flushes.
  std::size_t write_buffers_bytes = 112 * mebibyte;
  /// After so many bytes of entries, state is flushed and the log cut. It bounds the time of a
  /// restart: at most about this much is replayed (some 100,000 entries, well under a second).
  std::size_t log_cut_bytes = 32 * mebibyte;
  /// The crowding_bytes of entries that wait for the writer thread; beyond it append() is refused
  /// as overload.
  std::size_t queue_bytes_max = 32 * mebibyte;
  /// One entry; it is in memory several times while it is written and applied.
  std::size_t entry_bytes_max = 128 * mebibyte;
  /// Below so much free space new entries are refused, so that RocksDB itself, which needs room to
  /// flush what it holds in memory, hardly ever meets a full disk.
  std::uint64_t free_bytes_min = 64 * mebibyte;
};

struct store_options {
  std::string data_dir;
  /// Only used when the directory is made; later the stored number holds.
  std::uint16_t shard_count = shard_count_default;
  store_limits limits = {};
  /// Apply the log's entries above the applied index when opening. Off for a node of a cluster: its
  /// tail is not committed before the other replicas have it.
  bool replay = true;
  /// Raise an older format, after which older versions refuse the directory. Off where it is only
  /// copied.
  bool raise_format = true;
  /// A thread that watches free space, flushes and cuts. Tests turn it off and call maintain().
  bool keeper_thread = true;
  /// Called once, from any thread, when the disk failed or lied; must end the process. The store
  /// refuses everything afterwards.
  std::function<void(const error_info&)> on_fatal = {};
  /// For tests: all I/O goes through it. Null is the machine's file system.
  rocksdb::Env* env = nullptr;
};

}  // namespace taskdriver::storage
