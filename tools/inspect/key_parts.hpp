// What a key of the column family `state` says, taken apart strictly: the inverse of key_maker.
#pragma once

#include <optional>
#include <string_view>

#include "storage/key_codec.hpp"

namespace taskdriver::inspect {

/// Only the parts that the kind has are set. `bytes` points into the key.
struct state_key {
  shard_id shard{};
  project_number project{};
  storage::record_kind kind{};
  sequence type{};
  sequence task{};
  std::uint64_t number = 0;     // of an attempt
  std::uint8_t small = 0;       // slot of an activity, priority, or finished status
  std::string_view bytes = {};  // batch id, agent, fingerprint, or hash of a session's token
  project_number entry{};       // the project of a directory entry
};

/// nullopt for an unknown kind, a kind where it may not be, a wrong length, or a number that no
/// record can have.
std::optional<state_key> parse_state_key(std::string_view key);

/// "spec", "by_agent", …: the words of docs/storage_format.md.
std::string_view kind_name(storage::record_kind kind);

}  // namespace taskdriver::inspect
