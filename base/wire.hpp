// Bytes of stored values, log entries and messages between nodes: a writer that appends, and a
// reader that never leaves its input.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace taskdriver {

/// Appends to a string. Fixed-width numbers are big-endian, so that keys sort by them.
class byte_writer {
public:
  explicit byte_writer(std::string& out) : out_(out) {}

  void u8(std::uint8_t n) { out_.push_back(static_cast<char>(n)); }
  void u16(std::uint16_t n) { fixed<2>(n); }
  void u32(std::uint32_t n) { fixed<4>(n); }
  void u64(std::uint64_t n) { fixed<8>(n); }
  /// LEB128: 7 bits a byte, least significant first.
  void varint(std::uint64_t n) {
    char bytes[10];
    std::size_t used = 0;
    for (; n >= 0x80; n >>= 7) bytes[used++] = static_cast<char>(n | 0x80);
    bytes[used++] = static_cast<char>(n);
    out_.append(bytes, used);
  }
  void raw(std::string_view bytes) { out_.append(bytes); }
  template <std::size_t Size>
  void bytes(const std::array<std::uint8_t, Size>& bytes) {
    out_.append(reinterpret_cast<const char*>(bytes.data()), Size);
  }
  /// A varint length, then the bytes.
  void text(std::string_view bytes) {
    varint(bytes.size());
    raw(bytes);
  }

private:
  template <int Bytes>
  void fixed(std::uint64_t n) {
    char bytes[Bytes];
    for (int i = 0; i < Bytes; ++i) bytes[i] = static_cast<char>(n >> (8 * (Bytes - 1 - i)));
    out_.append(bytes, Bytes);
  }
  std::string& out_;
};

/// Reads what byte_writer wrote. After the first thing that is not there every read gives 0 or ""
/// and ok() is false, so that callers check once, at the end. What it returns points into the
/// input.
class byte_reader {
public:
  explicit byte_reader(std::string_view in) : in_(in) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(fixed(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(fixed(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(fixed(4)); }
  std::uint64_t u64() { return fixed(8); }
  /// Only the shortest form counts, so that a value has one encoding.
  std::uint64_t varint() {
    std::uint64_t n = 0;
    for (int shift = 0; shift < 64 && !in_.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(in_.front());
      in_.remove_prefix(1);
      if (shift == 63 && byte > 1) return fail();
      n |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return byte == 0 && shift > 0 ? fail() : n;
    }
    return fail();
  }
  std::string_view raw(std::uint64_t bytes) {
    if (bytes > in_.size()) return fail(), std::string_view();
    const std::string_view taken = in_.substr(0, bytes);
    in_.remove_prefix(bytes);
    return taken;
  }
  std::string_view text() { return raw(varint()); }
  std::string_view rest() { return raw(in_.size()); }

  bool ok() const { return ok_; }
  bool empty() const { return in_.empty(); }
  /// All was there, and nothing is left.
  bool finished() const { return ok_ && in_.empty(); }
  /// Makes the input count as malformed, for rules beyond lengths.
  std::uint64_t fail() {
    ok_ = false;
    in_ = {};
    return 0;
  }

private:
  std::uint64_t fixed(std::size_t bytes) {
    const std::string_view taken = raw(bytes);
    std::uint64_t n = 0;
    for (char c : taken) n = n << 8 | static_cast<std::uint8_t>(c);
    return n;
  }
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace taskdriver
