// What the replicas of one shard say to each other. The transport adds who sent it (member) and
// which shard it is about; replica_codec.hpp has the bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "cluster/replica/configuration.hpp"

namespace taskdriver::cluster {

/// One entry of the shard's log. Its epoch is that of its writer and never changes (R3).
struct entry {
  std::uint64_t epoch = 0;
  std::uint64_t index = 0;
  std::shared_ptr<const std::string> payload;  // shared by the disk and all peers; never null
};

/// Primary to every peer: entries that follow (prev_index, prev_epoch), or none (a beacon).
struct append_message {
  std::uint64_t epoch = 0;  // of the sender's configuration; this is what fences
  std::int64_t stamp = 0;   // the primary's clock when it was sent, ms; comes back in the ack (R25)
  std::uint64_t prev_index = 0;
  std::uint64_t prev_epoch = 0;
  std::uint64_t commit = 0;
  std::vector<entry> entries;
};

/// The answer to appends. Everything up to `match` is on the sender's disk and is the primary's.
struct ack_message {
  std::uint64_t epoch = 0;  // of the append; 0: refused, the sender has seen a higher epoch (R13)
  std::int64_t stamp = 0;
  std::uint64_t match = 0;
  bool mismatch = false;  // `match` is only a hint where to look for the common prefix (R15)
  std::uint64_t seen = 0;
};

/// Before a take-over: are you there? (R20)
struct probe_message {};
struct probe_answer {};

/// A copy of a configuration that is registered; it may be old.
struct configuration_message {
  shard_configuration registered;
};

using replica_message =
    std::variant<append_message, ack_message, probe_message, probe_answer, configuration_message>;

}  // namespace taskdriver::cluster
