// Reads one shard's state as a stream of chunks, for a replica that is too far behind for the log.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "storage/checkpoint_codec.hpp"

namespace taskdriver::storage {

class node_store;

struct checkpoint_options {
  /// Of one chunk; a record may span several.
  std::size_t chunk_bytes = std::size_t{64} << 10;
  /// For due_ms(); 0 = as fast as the receiver takes them.
  std::uint64_t bytes_per_second = 0;
};

/// The state of a shard as it was at open(), whatever is applied meanwhile. Holds one chunk and one
/// record in memory, fills no cache, and keeps no memtable or table longer than for 8 MiB of it.
///
/// Thread: one at a time, any; next() reads from the disk, so no actor's.
/// Owns: a snapshot; what is deleted meanwhile stays on disk until it ends. The store must outlive
/// it.
class shard_checkpoint {
public:
  /// Fails: internal (disk; fatal).
  static result<std::unique_ptr<shard_checkpoint>> open(node_store& store, shard_id shard,
                                                        checkpoint_options options = {});
  ~shard_checkpoint();

  const checkpoint_header& header() const;
  /// The next bytes of the stream, chunk_bytes of them but at its end; empty: that was all.
  /// Fails: internal (disk; fatal).
  result<std::string> next();
  std::uint64_t bytes_read() const;
  /// When the next chunk is due by bytes_per_second, in ms from the start of the stream.
  std::int64_t due_ms() const;

private:
  struct reading;
  explicit shard_checkpoint(std::unique_ptr<reading> at);
  std::unique_ptr<reading> at_;
};

}  // namespace taskdriver::storage
