// A number that two copies of a shard's state share when they are equal; of checkpoints and verify.
#pragma once

#include <cstdint>
#include <string_view>

namespace taskdriver::storage {

/// Of keys and values in ascending order of keys. The same on every machine and in every version:
/// docs/storage_format.md has the definition. Finds accidents; it is no defence against forgery.
class state_checksum {
public:
  void add(std::string_view key, std::string_view value) {
    add(key);
    add(value);
  }
  std::uint64_t value() const { return mixed(sum_); }

private:
  static constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
  static constexpr std::uint64_t mixed(std::uint64_t n) { return (n ^ (n >> 32)) * factor; }

  void word(std::uint64_t n) { sum_ = mixed(sum_ ^ n); }
  /// Up to eight bytes as a little-endian number.
  static std::uint64_t number(std::string_view bytes) {
    std::uint64_t n = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) n = n << 8 | static_cast<std::uint8_t>(bytes[i]);
    return n;
  }
  void add(std::string_view bytes) {
    word(bytes.size());
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) word(number(bytes.substr(0, 8)));
    if (!bytes.empty()) word(number(bytes));
  }
  std::uint64_t sum_ = factor;
};

}  // namespace taskdriver::storage
