// Walks RocksDB's log format: blocks of 32 KiB; records crc u32 | length u16 | type u8 | data, all
// little-endian (https://github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format).
#include "storage/wal_check.hpp"

#include <rocksdb/env.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace taskdriver::storage {
namespace {

constexpr std::size_t block_bytes = 32768;
constexpr std::size_t header_bytes = 7;
constexpr std::uint8_t type_full = 1;
constexpr std::uint8_t type_first = 2;
constexpr std::uint8_t type_last = 4;

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82f63b78u : 0);
    table[i] = crc;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> crc_table = make_crc_table();

std::uint32_t crc_step(std::uint32_t crc, char c) {
  return crc_table[(crc ^ static_cast<std::uint8_t>(c)) & 0xff] ^ (crc >> 8);
}

std::uint32_t masked(std::uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t n = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) n = n << 8 | static_cast<std::uint8_t>(bytes[i]);
  return n;
}

struct record {
  std::size_t bytes = 0;  // 0: no valid record here
  std::uint8_t type = 0;
};

/// The record at the start of `rest`, the rest of a block.
record record_at(std::string_view rest) {
  if (rest.size() < header_bytes) return {};
  const std::uint32_t length = little_endian(rest.substr(4, 2));
  const auto type = static_cast<std::uint8_t>(rest[6]);
  if (type < type_full || type > type_last || header_bytes + length > rest.size()) return {};
  if (masked(crc32c(rest.substr(6, 1 + length))) != little_endian(rest.substr(0, 4))) return {};
  return {header_bytes + length, type};
}

/// Whether a whole record is here but for its length: a torn write lacks data, a flipped bit does
/// not.
bool only_length_is_wrong(std::string_view rest) {
  const auto type = static_cast<std::uint8_t>(rest[6]);
  if (type < type_full || type > type_last) return false;
  const std::uint32_t wanted = little_endian(rest.substr(0, 4));
  std::uint32_t crc = ~0u;
  for (char c : rest.substr(6)) {
    crc = crc_step(crc, c);
    if (masked(~crc) == wanted) return true;
  }
  return false;
}

/// Goes through all blocks in order and remembers what was wrong so far.
class wal_scan {
public:
  void begin_file() {
    earlier_file_damaged_ |= file_damaged_;
    file_damaged_ = within_record_ = ended_ = false;
  }
  void block(std::string_view rest) {
    while (const std::size_t bytes = note(record_at(rest))) rest.remove_prefix(bytes);
    const bool zeros = rest.find_first_not_of('\0') == std::string_view::npos;
    if (zeros && rest.size() < header_bytes) return;  // a block's last bytes hold no header
    if (zeros) return ended();
    damaged(rest);
  }
  wal_damage damage() const {
    if (middle_) return wal_damage::middle;
    if (followed_) return wal_damage::closed;
    return file_damaged_ || earlier_file_damaged_ ? wal_damage::tail : wal_damage::none;
  }

private:
  /// Returns the bytes of what was found, 0 when it is no record.
  std::size_t note(const record& found) {
    if (found.bytes == 0) return 0;
    file_damaged_ |= ended_;
    within_record_ = found.type != type_full && found.type != type_last;
    if (found.type == type_full || found.type == type_first) {
      middle_ |= file_damaged_;
      followed_ |= earlier_file_damaged_;
    }
    return found.bytes;
  }
  /// Here are the zeros that were written ahead, unless something follows: then it is a hole.
  void ended() {
    ended_ = true;
    file_damaged_ |= within_record_;
  }
  /// The length in a damaged header means nothing: whatever has a right checksum further on counts.
  void damaged(std::string_view rest) {
    file_damaged_ = true;
    if (rest.size() < header_bytes) return;
    middle_ |= only_length_is_wrong(rest);
    for (; rest.size() >= header_bytes && !middle_; rest.remove_prefix(1)) note(record_at(rest));
  }

  bool middle_ = false;
  bool followed_ = false;
  bool file_damaged_ = false;
  bool within_record_ = false;  // its last piece is still to come
  bool ended_ = false;          // nothing but zeros since
  bool earlier_file_damaged_ = false;
};

std::map<std::uint64_t, std::string> wal_files(rocksdb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  std::map<std::uint64_t, std::string> files;
  if (!env.GetChildren(directory, &names).ok()) return files;
  for (const std::string& name : names) {
    const std::string digits = name.substr(0, name.find('.'));
    const bool numbered = !digits.empty() && digits.size() < 19 &&
                          digits.find_first_not_of("0123456789") == std::string::npos;
    if (numbered && name.ends_with(".log")) files[std::stoull(digits)] = directory + "/" + name;
  }
  return files;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (char c : bytes) crc = crc_step(crc, c);
  return ~crc;
}

wal_damage check_wal(rocksdb::Env& env, const std::string& database_dir) {
  wal_scan scan;
  for (const auto& [number, path] : wal_files(env, database_dir)) {
    std::string content;
    if (!rocksdb::ReadFileToString(&env, path, &content).ok()) return wal_damage::unread;
    const std::string_view all = content;
    scan.begin_file();
    for (std::size_t at = 0; at < all.size(); at += block_bytes) {
      scan.block(all.substr(at, block_bytes));
    }
  }
  return scan.damage();
}

}  // namespace taskdriver::storage
