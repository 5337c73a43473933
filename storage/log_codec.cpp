// Encodes the engine's own keys and values; the grammar is in docs/storage_format.md.
#include "storage/log_codec.hpp"

#include "base/wire.hpp"

namespace taskdriver::storage {
namespace {

constexpr std::uint8_t version_1 = 1;
constexpr std::uint8_t base_suffix = 'b';
constexpr std::uint8_t seen_suffix = 's';
constexpr std::size_t entry_key_bytes = 10;

std::string meta_key(shard_id shard, std::uint8_t suffix) {
  std::string key = entry_key(shard, 0);
  key.push_back(static_cast<char>(suffix));
  return key;
}

}  // namespace

std::string entry_key(shard_id shard, std::uint64_t index) {
  std::string key;
  byte_writer out(key);
  out.u16(raw(shard));
  out.u64(index);
  return key;
}

std::string base_key(shard_id shard) {
  return meta_key(shard, base_suffix);
}
std::string seen_key(shard_id shard) {
  return meta_key(shard, seen_suffix);
}

std::string shard_end(shard_id shard) {
  std::string key = entry_key(shard, ~std::uint64_t{0});
  key.push_back('\xff');
  return key;
}

void encode_entry(std::string& out, std::uint64_t epoch, std::string_view payload) {
  out.reserve(out.size() + 9 + payload.size());
  byte_writer writer(out);
  writer.u8(version_1);
  writer.u64(epoch);
  writer.raw(payload);
}

std::optional<log_entry> decode_entry(std::string_view key, std::string_view value) {
  if (key.size() != entry_key_bytes) return std::nullopt;
  byte_reader from_key(key);
  byte_reader from_value(value);
  log_entry entry;
  entry.shard = shard_id{from_key.u16()};
  entry.index = from_key.u64();
  const std::uint8_t version = from_value.u8();
  entry.epoch = from_value.u64();
  entry.payload = from_value.rest();
  if (!from_value.ok() || version != version_1 || entry.index == 0) return std::nullopt;
  return entry;
}

std::string encode_base(log_base base) {
  std::string value;
  byte_writer out(value);
  out.u8(version_1);
  out.u64(base.index);
  out.u64(base.epoch);
  return value;
}

std::optional<log_base> decode_base(std::string_view value) {
  byte_reader in(value);
  const std::uint8_t version = in.u8();
  log_base base;
  base.index = in.u64();
  base.epoch = in.u64();
  if (!in.finished() || version != version_1) return std::nullopt;
  return base;
}

std::string encode_number(std::uint64_t number) {
  std::string value;
  byte_writer out(value);
  out.u8(version_1);
  out.u64(number);
  return value;
}

std::optional<std::uint64_t> decode_number(std::string_view value) {
  byte_reader in(value);
  const std::uint8_t version = in.u8();
  const std::uint64_t number = in.u64();
  if (!in.finished() || version != version_1) return std::nullopt;
  return number;
}

std::string applied_key(shard_id shard) {
  std::string key;
  byte_writer out(key);
  out.u16(raw(shard));
  out.u32(0);
  out.u8(0);
  return key;
}

}  // namespace taskdriver::storage
