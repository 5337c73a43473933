// The bytes of a checkpoint's frames, and their checksum.
#include <array>
#include <limits>

#include "base/wire.hpp"
#include "cluster/replica/checkpoint_stream.hpp"
#include "cluster/transport/peer_network.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::uint8_t format_version = 1;
static_assert(checkpoint_chunk_bytes_max + 64 <= bulk_frame_bytes_max);

enum class frame_type : std::uint8_t { begin = 1, chunk, end, credit, complete, abort };

void put(byte_writer& out, const checkpoint_begin& begin) {
  out.varint(begin.what.index);
  out.varint(begin.what.entry_epoch);
  out.u64(begin.what.store);
}
void put(byte_writer& out, const checkpoint_chunk& chunk) {
  out.varint(chunk.number);
  out.raw(chunk.bytes);
}
void put(byte_writer& out, const checkpoint_end& end) {
  out.varint(end.chunks);
  out.u32(end.checksum);
}
void put(byte_writer& out, const checkpoint_credit& credit) {
  out.varint(credit.chunks);
}
void put(byte_writer&, const checkpoint_complete&) {}
void put(byte_writer&, const checkpoint_abort&) {}

checkpoint_begin take_begin(byte_reader& in) {
  checkpoint_begin begin;
  begin.what.index = in.varint();
  begin.what.entry_epoch = in.varint();
  begin.what.store = in.u64();
  return begin;
}

checkpoint_chunk take_chunk(byte_reader& in) {
  checkpoint_chunk chunk;
  chunk.number = in.varint();
  const auto bytes = in.rest();
  if (bytes.empty() || bytes.size() > checkpoint_chunk_bytes_max) return in.fail(), chunk;
  chunk.bytes = bytes;
  return chunk;
}

checkpoint_end take_end(byte_reader& in) {
  checkpoint_end end;
  end.chunks = in.varint();
  end.checksum = in.u32();
  return end;
}

decltype(checkpoint_frame::body) take_body(byte_reader& in, frame_type type) {
  switch (type) {
    case frame_type::begin:
      return take_begin(in);
    case frame_type::chunk:
      return take_chunk(in);
    case frame_type::end:
      return take_end(in);
    case frame_type::credit:
      return checkpoint_credit{in.varint()};
    case frame_type::complete:
      return checkpoint_complete{};
    case frame_type::abort:
      return checkpoint_abort{};
  }
  in.fail();
  return checkpoint_abort{};
}

/// Of the reflected Castagnoli polynomial.
constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1) != 0 ? value >> 1 ^ 0x82f63b78u : value >> 1;
    table[i] = value;
  }
  return table;
}();

}  // namespace

std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes) {
  crc = ~crc;
  for (const char c : bytes)
    crc = crc >> 8 ^ crc_table[(crc ^ static_cast<std::uint8_t>(c)) & 0xff];
  return ~crc;
}

std::string encode_checkpoint_frame(const checkpoint_frame& frame) {
  std::string bytes;
  byte_writer out(bytes);
  out.u8(static_cast<std::uint8_t>(frame_kind::checkpoint));
  out.u8(format_version);
  out.u8(static_cast<std::uint8_t>(frame.body.index() + 1));
  out.u16(raw(frame.shard));
  out.u64(frame.transfer);
  std::visit([&](const auto& body) { put(out, body); }, frame.body);
  return bytes;
}

std::optional<checkpoint_frame> decode_checkpoint_frame(std::string_view frame) {
  byte_reader in(frame);
  if (in.u8() != static_cast<std::uint8_t>(frame_kind::checkpoint)) return std::nullopt;
  if (in.u8() != format_version) return std::nullopt;
  const auto type = static_cast<frame_type>(in.u8());
  checkpoint_frame decoded;
  decoded.shard = static_cast<shard_id>(in.u16());
  decoded.transfer = in.u64();
  decoded.body = take_body(in, type);
  if (!in.finished()) return std::nullopt;
  return decoded;
}

}  // namespace taskdriver::cluster
