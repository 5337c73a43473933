// Packing and printing of ids, and the hash that spreads projects over shards.
#include "base/ids.hpp"

#include "base/check.hpp"

namespace taskdriver {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_dash_position(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

object_id object_id::make(project_number project, sequence seq, std::uint64_t random) {
  TASKDRIVER_CHECK(raw(seq) <= sequence_max, "a sequence has 44 bits");
  const auto p = raw(project);
  const auto s = raw(seq);
  // 44 bits of sequence: 16 in bytes 4..5, 12 beside the version, 16 in bytes 8..10 after the
  // variant.
  const auto high = static_cast<std::uint16_t>(s >> 28);
  const auto middle = static_cast<std::uint16_t>((s >> 16) & 0xfff);
  const auto low = static_cast<std::uint16_t>(s & 0xffff);
  const std::uint64_t tail = (std::uint64_t{2} << 62) | (std::uint64_t{low} << 46) |
                             (random & ((std::uint64_t{1} << 46) - 1));
  object_id id;
  for (int i = 0; i < 4; ++i) id.bytes_[i] = static_cast<std::uint8_t>(p >> (24 - 8 * i));
  id.bytes_[4] = static_cast<std::uint8_t>(high >> 8);
  id.bytes_[5] = static_cast<std::uint8_t>(high);
  id.bytes_[6] = static_cast<std::uint8_t>(0x80 | (middle >> 8));
  id.bytes_[7] = static_cast<std::uint8_t>(middle);
  for (int i = 0; i < 8; ++i) id.bytes_[8 + i] = static_cast<std::uint8_t>(tail >> (56 - 8 * i));
  return id;
}

std::optional<object_id> object_id::parse(std::string_view text) {
  if (text.size() != text_length) return std::nullopt;
  object_id id;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_position(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    auto& byte = id.bytes_[nibble / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
    ++nibble;
  }
  const bool version_8 = (id.bytes_[6] >> 4) == 8 && (id.bytes_[8] >> 6) == 2;
  if (!version_8) return std::nullopt;
  return id;
}

std::optional<object_id> object_id::from_bytes(std::string_view bytes) {
  if (bytes.size() != bytes_length) return std::nullopt;
  object_id id;
  for (std::size_t i = 0; i < bytes_length; ++i) id.bytes_[i] = static_cast<std::uint8_t>(bytes[i]);
  return id;
}

project_number object_id::project() const {
  std::uint32_t p = 0;
  for (int i = 0; i < 4; ++i) p = p << 8 | bytes_[i];
  return project_number{p};
}

sequence object_id::seq() const {
  const std::uint64_t high = std::uint64_t{bytes_[4]} << 8 | bytes_[5];
  const std::uint64_t middle = std::uint64_t{bytes_[6] & 0xfu} << 8 | bytes_[7];
  const std::uint64_t low = (std::uint64_t{bytes_[8] & 0x3fu} << 10) |
                            (std::uint64_t{bytes_[9]} << 2) | (bytes_[10] >> 6);
  return sequence{high << 28 | middle << 16 | low};
}

std::string object_id::text() const {
  std::string text;
  append_text(text);
  return text;
}

void object_id::append_text(std::string& out) const {
  static constexpr char digits[] = "0123456789abcdef";
  char text[text_length];
  char* to = text;
  for (std::size_t i = 0; i < bytes_length; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = digits[bytes_[i] >> 4];
    *to++ = digits[bytes_[i] & 0xf];
  }
  out.append(text, text_length);
}

shard_id shard_of(project_number project, std::uint16_t shard_count) {
  TASKDRIVER_CHECK(shard_count > 0, "a cluster has at least one shard");
  // The finalizer of SplitMix64: neighbouring numbers land on different shards. Never change it:
  // where a project is stored depends on it.
  std::uint64_t x = raw(project) + 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  x ^= x >> 31;
  return shard_id{static_cast<std::uint16_t>(x % shard_count)};
}

}  // namespace taskdriver
