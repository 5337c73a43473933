// Keys and values of the column family `log`, and the one key of `state` that the engine itself
// writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "storage/log_entry.hpp"

namespace taskdriver::storage {

/// A key of `log`: shard u16, index u64, big-endian. Index 0 is no entry: with one more byte it
/// names what the log keeps about the shard.
std::string entry_key(shard_id shard, std::uint64_t index);
std::string base_key(shard_id shard);
std::string seen_key(shard_id shard);
/// The first key after all of `shard` (10 bytes of which 2 suffice; for upper bounds).
std::string shard_end(shard_id shard);

/// version u8, epoch u64, payload.
void encode_entry(std::string& out, std::uint64_t epoch, std::string_view payload);
/// nullopt when malformed. Shard and index come from `key`, epoch and payload from `value`.
std::optional<log_entry> decode_entry(std::string_view key, std::string_view value);

struct log_base {
  std::uint64_t index = 0;
  std::uint64_t epoch = 0;
};
std::string encode_base(log_base base);
std::optional<log_base> decode_base(std::string_view value);

/// Values that are one number: the seen epoch in `log`, the applied index in `state`.
std::string encode_number(std::uint64_t number);
std::optional<std::uint64_t> decode_number(std::string_view value);

/// Key of `state`: shard, project 0, kind 0.
std::string applied_key(shard_id shard);

}  // namespace taskdriver::storage
