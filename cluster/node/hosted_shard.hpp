// One shard on this node: its replica, its log in memory, its streams, and what is under way.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "cluster/node/recent_log.hpp"
#include "cluster/replica/replica.hpp"
#include "cluster/stream_table.hpp"

namespace taskdriver::cluster {

/// Thread: the replica loop, but for the streams and the atomics. Owns: all of it.
struct hosted_shard {
  shard_id id{};
  std::unique_ptr<recent_log> log;
  std::unique_ptr<replica> machine;  // null: the disk refused a write, nothing can be promised
  stream_table streams;

  // Writes are numbered through, over all replicas that the shard has in this process's life.
  std::uint64_t ticket_base = 0;  // the ticket of a write is this and the replica's id for it
  std::uint64_t last_ticket = 0;  // that the log writer took
  std::uint64_t reported = 0;     // up to here the log writer has said what became of them
  std::uint64_t apply_sent = 0;   // entries up to this index went to the applier
  std::uint64_t first_own = 0;    // index of the first proposal of this time of service; 0: none
  std::uint64_t last_own = 0;     // and of the newest
  std::uint64_t service = 0;      // counts the times of service (stream_table::begin)
  bool in_service = false;        // between leadership_change::ready and ended
  bool serving = false;           // and the actors are told, streams may open
  std::optional<checkpoint_install> install;  // asked for, and not begun
  bool installing = false;                    // begun, and not reported: the store is ahead
  bool handing_over = false;                  // for the sake of the disk
  storage::flushed_position flushed;

  std::atomic<bool> has_proposals = false;
  std::atomic<std::uint64_t> applied = 0;  // by the applier
  std::atomic<bool> awaits_quiet = false;  // as `install`: the applier is to ring for what it did
  /// Reads and writes may be answered before this time; 0: not here.
  std::atomic<std::int64_t> serving_until_ms = 0;
  /// Primary by the newest known configuration: points into the loop's names, null: nobody.
  std::atomic<const node_name*> primary = nullptr;

  /// Nothing of it is on its way to the log or to the state.
  bool quiet() const { return reported == last_ticket && applied == apply_sent; }
};

}  // namespace taskdriver::cluster
