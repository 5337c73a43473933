// A shard's state on its way to another node: numbered chunks under the receiver's credit.
// What the bytes mean is the storage's matter; docs/replication.md has the grammar of the frames.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"

namespace taskdriver::cluster {

/// Payload of one chunk; with its head it fits into a frame of the bulk lane.
inline constexpr std::size_t checkpoint_chunk_bytes_max = std::size_t{64} << 10;

/// Which state it is, and for which data directory: a node that lost its disk meanwhile does not
/// take what was meant for the old one.
struct checkpoint_identity {
  std::uint64_t index = 0;        // the committed state after this entry
  std::uint64_t entry_epoch = 0;  // of that entry
  std::uint64_t store = 0;        // of the receiver
  bool operator==(const checkpoint_identity&) const = default;
};

// --- frames -------------------------------------------------------------------------------------

struct checkpoint_begin {
  checkpoint_identity what;
  bool operator==(const checkpoint_begin&) const = default;
};
struct checkpoint_chunk {
  std::uint64_t number = 0;  // from 0
  std::string bytes;
  bool operator==(const checkpoint_chunk&) const = default;
};
struct checkpoint_end {
  std::uint64_t chunks = 0;
  std::uint32_t checksum = 0;  // CRC-32C of all bytes
  bool operator==(const checkpoint_end&) const = default;
};
/// Of the receiver: chunks below this number may be sent. Never goes back.
struct checkpoint_credit {
  std::uint64_t chunks = 0;
  bool operator==(const checkpoint_credit&) const = default;
};
/// Of the receiver: all is there, and is what was sent.
struct checkpoint_complete {
  bool operator==(const checkpoint_complete&) const = default;
};
/// Of either: it is over, and in vain.
struct checkpoint_abort {
  bool operator==(const checkpoint_abort&) const = default;
};

struct checkpoint_frame {
  shard_id shard{};
  std::uint64_t transfer = 0;  // one attempt; random
  std::variant<checkpoint_begin, checkpoint_chunk, checkpoint_end, checkpoint_credit,
               checkpoint_complete, checkpoint_abort>
      body;
  bool operator==(const checkpoint_frame&) const = default;
};

/// The frame with its kind byte (frame_kind::checkpoint).
std::string encode_checkpoint_frame(const checkpoint_frame& frame);
/// Total: nothing for anything malformed, of an unknown version or with too long a chunk.
std::optional<checkpoint_frame> decode_checkpoint_frame(std::string_view frame);
/// Continues `crc` (0 at the beginning) over `bytes`.
std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes);

// --- the two ends -------------------------------------------------------------------------------

/// The end that has the state.
///
///   begin() --> chunk() while may_send() --> end() --> complete
///                     \------- aborted -------/
///
/// Thread: one owner. Pure: the owner sends the frames. A frame that cannot be sent is as good as
/// lost: the owner aborts.
class checkpoint_sender {
public:
  enum class state { sending, ended, complete, aborted };

  checkpoint_sender(shard_id shard, std::uint64_t transfer, checkpoint_identity what,
                    std::int64_t now_ms);

  checkpoint_frame begin() const;
  bool may_send() const { return state_ == state::sending && sent_ < credit_; }
  /// `bytes`: 1 to checkpoint_chunk_bytes_max. Only while may_send().
  checkpoint_frame chunk(std::string bytes);
  checkpoint_frame end();
  /// What the receiver is told when the owner gives up.
  checkpoint_frame abort();
  /// A frame of the receiver; those of other transfers are ignored.
  void heard(const checkpoint_frame& frame, std::int64_t now_ms);
  state now() const { return state_; }
  /// Nothing was heard for too long: give up.
  bool overdue(std::int64_t now_ms) const;

private:
  const shard_id shard_;
  const std::uint64_t transfer_;
  const checkpoint_identity what_;
  state state_ = state::sending;
  std::uint64_t credit_ = 0;
  std::uint64_t sent_ = 0;
  std::uint32_t checksum_ = 0;
  std::int64_t heard_at_;
};

/// What the owner of a receiver does with one frame.
struct checkpoint_received {
  bool begins = false;     // throw away what was gathered before
  std::string gather;      // keep these bytes, then call gathered()
  bool complete = false;   // make all of it durable: it is `identity`
  bool abandoned = false;  // throw away what was gathered
  checkpoint_identity identity = {};
  std::vector<checkpoint_frame> answers = {};  // to the sender
};

/// The end that gathers, of one shard and from one node; one transfer at a time. A lost, doubled or
/// reordered frame ends the transfer: the sender begins another one.
/// Thread: one owner.
class checkpoint_receiver {
public:
  static constexpr std::uint64_t window_chunks = 8;

  checkpoint_receiver(shard_id shard, std::uint64_t own_store) : shard_(shard), store_(own_store) {}

  checkpoint_received take(checkpoint_frame frame, std::int64_t now_ms);
  /// The bytes of one more chunk are kept: room for another one.
  std::optional<checkpoint_frame> gathered();
  /// The connection is gone, or the owner cannot go on. True if something was under way.
  bool abandon();
  bool under_way() const { return current_.has_value(); }
  bool overdue(std::int64_t now_ms) const;

private:
  struct transfer {
    std::uint64_t id = 0;
    checkpoint_identity what;
    std::uint64_t chunks = 0;
    std::uint64_t gathered = 0;
    std::uint64_t credit = window_chunks;
    std::uint32_t checksum = 0;
    std::int64_t heard_at = 0;
  };
  checkpoint_received begin(std::uint64_t id, const checkpoint_identity& what, std::int64_t now_ms);
  checkpoint_received take_chunk(checkpoint_chunk chunk);
  checkpoint_received take_end(const checkpoint_end& end);
  checkpoint_received refuse(std::uint64_t id);
  checkpoint_frame answer(std::uint64_t id, decltype(checkpoint_frame::body) body) const;

  const shard_id shard_;
  const std::uint64_t store_;
  std::optional<transfer> current_;
};

}  // namespace taskdriver::cluster
