// Numbers and UUIDs that name projects, task types and tasks (docs/storage_format.md).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskdriver {

/// Number of a project in its cluster, from 1; 0 is the directory of shard 0.
enum class project_number : std::uint32_t {};
/// Number of a task or of a task type in its project, from 1, 44 bits; grows with creation.
enum class sequence : std::uint64_t {};
/// 0 up to the number of shards, which is fixed when the data directory is made.
enum class shard_id : std::uint16_t {};

inline constexpr std::uint64_t sequence_max = (std::uint64_t{1} << 44) - 1;
inline constexpr std::uint16_t shard_count_default = 16;

constexpr std::uint32_t raw(project_number n) {
  return static_cast<std::uint32_t>(n);
}
constexpr std::uint64_t raw(sequence n) {
  return static_cast<std::uint64_t>(n);
}
constexpr std::uint16_t raw(shard_id n) {
  return static_cast<std::uint16_t>(n);
}

/// A UUID of version 8 (RFC 9562) that carries the project number (32 bits), the sequence (44 bits;
/// 0 for a project's own id) and 46 random bits. Big-endian, so that ids sort in creation order.
///
///   bits    0..31  project number
///          32..47  sequence, its bits 43..28      48..51  version, 8
///          52..63  sequence, its bits 27..16      64..65  variant, 2
///          66..81  sequence, its bits 15..0       82..127 random
class object_id {
public:
  static constexpr std::size_t bytes_length = 16;
  static constexpr std::size_t text_length = 36;

  object_id() = default;
  static object_id make(project_number project, sequence seq, std::uint64_t random);
  /// The textual form, 8-4-4-4-12, either case. nullopt unless it is a version 8 UUID.
  static std::optional<object_id> parse(std::string_view text);
  /// `bytes` as stored; nullopt unless they are 16.
  static std::optional<object_id> from_bytes(std::string_view bytes);

  project_number project() const;
  sequence seq() const;
  std::string text() const;
  void append_text(std::string& out) const;
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  auto operator<=>(const object_id&) const = default;

private:
  std::array<std::uint8_t, bytes_length> bytes_{};
};

/// The shard that holds a project for good: a fixed hash of its number. `shard_count` ≥ 1.
shard_id shard_of(project_number project, std::uint16_t shard_count);

}  // namespace taskdriver
