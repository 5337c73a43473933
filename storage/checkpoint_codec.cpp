// Writes and reads checkpoint streams.
#include "storage/checkpoint_codec.hpp"

#include "base/wire.hpp"
#include "storage/key_codec.hpp"
#include "storage/log_codec.hpp"

namespace taskdriver::storage {
namespace {

constexpr std::string_view magic = "TDCP";
constexpr std::uint8_t version_1 = 1;
constexpr std::size_t header_bytes = magic.size() + 1 + 2 + 2 + 8 + 8;
constexpr std::size_t varint_bytes_max = 10;
constexpr std::size_t checksum_bytes = 8;

enum part : std::uint8_t { part_end = 0, part_record = 1 };

error_info malformed(const char* what) {
  return {errc::validation, std::string("checkpoint stream: ") + what};
}

/// A length or number at the start of `in`. 0 bytes: not all of it is there.
struct number_read {
  std::uint64_t number = 0;
  std::size_t bytes = 0;
};
result<number_read> read_number(std::string_view in) {
  byte_reader reader(in);
  const std::uint64_t number = reader.varint();
  if (reader.ok()) return number_read{number, in.size() - reader.rest().size()};
  if (in.size() >= varint_bytes_max) return malformed("a number is malformed");
  return number_read{};
}

}  // namespace

void checkpoint_encoder::header(std::string& out, const checkpoint_header& header) {
  byte_writer writer(out);
  writer.raw(magic);
  writer.u8(version_1);
  writer.u16(raw(header.shard));
  writer.u16(header.shard_count);
  writer.u64(header.index);
  writer.u64(header.entry_epoch);
}

void checkpoint_encoder::record(std::string& out, std::string_view key, std::string_view value) {
  byte_writer writer(out);
  writer.u8(part_record);
  writer.text(key);
  writer.text(value);
  checksum_.add(key, value);
  ++records_;
}

void checkpoint_encoder::end(std::string& out) const {
  byte_writer writer(out);
  writer.u8(part_end);
  writer.varint(records_);
  writer.u64(checksum_.value());
}

result<void> checkpoint_decoder::take(std::string_view bytes) {
  if (phase_ == phase::failed) return malformed("it failed before");
  waiting_.append(bytes);
  auto read = read_all();
  if (!read) {
    phase_ = phase::failed;
    waiting_ = {};
  }
  return read;
}

result<void> checkpoint_decoder::read_all() {
  std::size_t at = 0;
  while (at < waiting_.size()) {
    auto read = read_one(std::string_view(waiting_).substr(at));
    if (!read) return read.error();
    if (*read == 0) break;
    at += *read;
  }
  waiting_.erase(0, at);
  return {};
}

checkpoint_decoder::progress checkpoint_decoder::read_one(std::string_view in) {
  switch (phase_) {
    case phase::header:
      return read_header(in);
    case phase::records:
      return in.front() == part_end ? read_end(in) : read_record(in);
    case phase::finished:
    case phase::failed:
      break;
  }
  return malformed("something is behind its end");
}

checkpoint_decoder::progress checkpoint_decoder::read_header(std::string_view in) {
  if (in.size() < header_bytes) return std::size_t{0};
  byte_reader reader(in.substr(0, header_bytes));
  if (reader.raw(magic.size()) != magic) return malformed("it does not begin like one");
  if (reader.u8() != version_1) return malformed("unknown version");
  header_.shard = shard_id{reader.u16()};
  header_.shard_count = reader.u16();
  header_.index = reader.u64();
  header_.entry_epoch = reader.u64();
  if (raw(header_.shard) >= header_.shard_count) return malformed("no such shard");
  if (auto taken = visitor_.header(header_); !taken) return taken.error();
  phase_ = phase::records;
  return header_bytes;
}

checkpoint_decoder::progress checkpoint_decoder::read_record(std::string_view in) {
  if (in.front() != part_record) return malformed("unknown part");
  std::string_view rest = in.substr(1);
  std::string_view texts[2];
  constexpr std::size_t bounds[2] = {checkpoint_key_bytes_max, checkpoint_value_bytes_max};
  for (int i = 0; i < 2; ++i) {
    auto length = read_number(rest);
    if (!length) return length.error();
    if (length->number > bounds[i]) return malformed("a key or value is too long");
    if (length->bytes == 0 || rest.size() - length->bytes < length->number) return std::size_t{0};
    texts[i] = rest.substr(length->bytes, length->number);
    rest.remove_prefix(length->bytes + length->number);
  }
  const auto [key, value] = texts;
  if (!follows(key)) return malformed("a key is out of its place");
  if (auto taken = visitor_.record(key, value); !taken) return taken.error();
  checksum_.add(key, value);
  ++records_;
  last_key_ = key;
  return in.size() - rest.size();
}

bool checkpoint_decoder::follows(std::string_view key) const {
  return key > last_key_ && key > applied_key(header_.shard) &&
         key < shard_range_end(header_.shard);
}

checkpoint_decoder::progress checkpoint_decoder::read_end(std::string_view in) {
  auto records = read_number(in.substr(1));
  if (!records) return records.error();
  const std::size_t all = 1 + records->bytes + checksum_bytes;
  if (records->bytes == 0 || in.size() < all) return std::size_t{0};
  byte_reader reader(in.substr(1 + records->bytes));
  if (records->number != records_) return malformed("records are missing");
  if (reader.u64() != checksum_.value()) return malformed("the checksum is wrong");
  phase_ = phase::finished;
  return all;
}

}  // namespace taskdriver::storage
