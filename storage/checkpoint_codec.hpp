// The byte stream that carries one shard's state from node to node: shard_checkpoint writes it,
// shard_install reads it. Grammar: docs/storage_format.md, "Checkpoint stream".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "storage/state_checksum.hpp"

namespace taskdriver::storage {

/// What a checkpoint is: the state of `shard` after entry `index`, which has `entry_epoch`.
struct checkpoint_header {
  shard_id shard{};
  std::uint16_t shard_count = 0;
  std::uint64_t index = 0;
  std::uint64_t entry_epoch = 0;

  bool operator==(const checkpoint_header&) const = default;
};

/// Longer ones are malformed, so that a receiver's memory is bounded. A key has at most 269 bytes;
/// a value comes from one request of at most 16 MiB.
inline constexpr std::size_t checkpoint_key_bytes_max = 512;
inline constexpr std::size_t checkpoint_value_bytes_max = std::size_t{16} << 20;

/// Appends the parts of a stream to a buffer, in the order of the functions.
class checkpoint_encoder {
public:
  static void header(std::string& out, const checkpoint_header& header);
  /// Keys ascend, are in the shard, and none is its applied index.
  void record(std::string& out, std::string_view key, std::string_view value);
  void end(std::string& out) const;

private:
  std::uint64_t records_ = 0;
  state_checksum checksum_;
};

/// Gets what a checkpoint_decoder reads. An error ends the reading, and take() returns it.
class checkpoint_visitor {
public:
  virtual ~checkpoint_visitor() = default;
  virtual result<void> header(const checkpoint_header& header) = 0;
  virtual result<void> record(std::string_view key, std::string_view value) = 0;
};

/// Reads a stream in pieces that are cut anywhere. Holds at most one incomplete record.
///
///   header --> records (in order, in the shard) --> finished
///      \___________\__ malformed, or the visitor's error: of no more use
class checkpoint_decoder {
public:
  explicit checkpoint_decoder(checkpoint_visitor& visitor) : visitor_(visitor) {}

  /// Fails: validation (malformed, or something behind the end), or what the visitor returned.
  result<void> take(std::string_view bytes);
  /// The end was read: every record is there, and the checksum is right.
  bool finished() const { return phase_ == phase::finished; }
  const checkpoint_header& header() const { return header_; }

private:
  enum class phase { header, records, finished, failed };
  /// Bytes that were read; 0: not all of it is there yet.
  using progress = result<std::size_t>;

  result<void> read_all();
  progress read_one(std::string_view in);
  progress read_header(std::string_view in);
  progress read_record(std::string_view in);
  progress read_end(std::string_view in);
  bool follows(std::string_view key) const;

  checkpoint_visitor& visitor_;
  phase phase_ = phase::header;
  checkpoint_header header_;
  std::string waiting_;
  std::string last_key_;
  std::uint64_t records_ = 0;
  state_checksum checksum_;
};

}  // namespace taskdriver::storage
