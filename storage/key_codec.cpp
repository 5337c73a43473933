// Writes keys; big-endian numbers and length-prefixed names, so that no key is a prefix of a
// sibling but for a group's, which is one of its entries'.
#include "storage/key_codec.hpp"

#include "base/check.hpp"
#include "base/wire.hpp"

namespace taskdriver::storage {
namespace {

constexpr std::size_t project_bytes = 6;  // shard u16, project u32
constexpr std::size_t sequence_bytes = 6;
constexpr std::size_t queue_key_bytes = project_bytes + 1 + 1 + sequence_bytes;
constexpr std::uint64_t activity_slots = 60;
constexpr std::uint8_t after_all_kinds = 0xff;

/// 44 bits in six bytes.
void put(byte_writer& out, sequence n) {
  out.u16(static_cast<std::uint16_t>(raw(n) >> 32));
  out.u32(static_cast<std::uint32_t>(raw(n)));
}

}  // namespace

shard_id home_shard(project_number project, std::uint16_t shard_count) {
  return raw(project) == 0 ? shard_id{0} : shard_of(project, shard_count);
}

key_maker::key_maker(shard_id shard, project_number project) {
  key_.reserve(64);
  byte_writer out(key_);
  out.u16(raw(shard));
  out.u32(raw(project));
}

std::string_view key_maker::project_start() {
  key_.resize(project_bytes);
  return key_;
}

std::string_view key_maker::project_end() {
  project_start();
  byte_writer(key_).u8(after_all_kinds);
  return key_;
}

std::string_view key_maker::kind(record_kind kind) {
  project_start();
  byte_writer(key_).u8(static_cast<std::uint8_t>(kind));
  return key_;
}

std::string_view key_maker::activity(std::uint64_t minute) {
  kind(record_kind::activity);
  byte_writer(key_).u8(static_cast<std::uint8_t>(minute % activity_slots));
  return key_;
}

std::string_view key_maker::type(record_kind of, sequence type) {
  return task(of, type);
}

std::string_view key_maker::task(record_kind of, sequence task) {
  kind(of);
  byte_writer out(key_);
  put(out, task);
  return key_;
}

std::string_view key_maker::attempt(sequence of, std::uint64_t number) {
  task(record_kind::attempt, of);
  byte_writer(key_).u64(number);
  return key_;
}

std::string_view key_maker::queue(domain::queue_key place) {
  kind(record_kind::queue);
  byte_writer out(key_);
  out.u8(place.priority);
  put(out, place.task);
  return key_;
}

std::string_view key_maker::finished(domain::task_status status, sequence task) {
  kind(record_kind::by_finished);
  byte_writer out(key_);
  out.u8(static_cast<std::uint8_t>(status));
  put(out, task);
  return key_;
}

std::string_view key_maker::named(record_kind of, std::string_view name, sequence task) {
  TASKDRIVER_CHECK(name.size() <= 255, "names in keys have at most 255 bytes");
  kind(of);
  byte_writer out(key_);
  out.u8(static_cast<std::uint8_t>(name.size()));
  out.raw(name);
  put(out, task);
  return key_;
}

std::string_view key_maker::of_type(sequence type, sequence task) {
  kind(record_kind::by_type);
  byte_writer out(key_);
  put(out, type);
  put(out, task);
  return key_;
}

std::string_view key_maker::duplicate(sequence type, const domain::fingerprint& print,
                                      sequence task) {
  kind(record_kind::duplicate);
  byte_writer out(key_);
  put(out, type);
  out.bytes(print);
  put(out, task);
  return key_;
}

std::string_view key_maker::session(const domain::token_hash& token) {
  kind(record_kind::session);
  byte_writer(key_).bytes(token);
  return key_;
}

std::string_view key_maker::directory_entry(project_number project) {
  kind(record_kind::directory_entry);
  byte_writer(key_).u32(raw(project));
  return key_;
}

std::string shard_range_begin(shard_id shard) {
  std::string key;
  byte_writer(key).u16(raw(shard));
  return key;
}

std::string shard_range_end(shard_id shard) {
  return shard_range_begin(shard_id{static_cast<std::uint16_t>(raw(shard) + 1)});
}

record_kind kind_of(std::string_view key) {
  return key.size() > project_bytes ? static_cast<record_kind>(key[project_bytes])
                                    : record_kind::applied;
}

std::string with_kind(std::string_view key, record_kind kind) {
  std::string other(key);
  other.at(project_bytes) = static_cast<char>(kind);
  return other;
}

project_number project_of(std::string_view key) {
  byte_reader in(key);
  in.u16();
  return project_number{in.u32()};
}

sequence task_of(std::string_view key) {
  if (key.size() < sequence_bytes) return sequence{0};
  byte_reader in(key.substr(key.size() - sequence_bytes));
  const std::uint64_t high = in.u16();
  return sequence{high << 32 | in.u32()};
}

std::string_view group_of(std::string_view key) {
  constexpr std::size_t before_index = project_bytes + 1;
  constexpr std::size_t group_bytes = sequence_bytes - 1;
  std::size_t bytes = before_index;
  switch (kind_of(key)) {
    case record_kind::queue:
    case record_kind::by_finished:
      bytes += 1;
      break;
    case record_kind::by_type:
      bytes += sequence_bytes;
      break;
    case record_kind::by_batch:
      if (key.size() > before_index) bytes += 1u + static_cast<std::uint8_t>(key[before_index]);
      break;
    default:
      return {};
  }
  bytes += group_bytes;
  return key.size() < bytes ? std::string_view() : key.substr(0, bytes);
}

bool is_group(std::string_view key) {
  return !key.empty() && group_of(key).size() == key.size();
}

bool is_grouped(std::string_view key) {
  const std::string_view group = group_of(key);
  return !group.empty() && key.size() == group.size() + 1;
}

std::optional<domain::queue_key> queue_place(std::string_view key) {
  if (key.size() != queue_key_bytes) return std::nullopt;
  if (key[project_bytes] != static_cast<char>(record_kind::queue)) return std::nullopt;
  return domain::queue_key{static_cast<std::uint8_t>(key[project_bytes + 1]), task_of(key)};
}

std::string after_prefix(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) ++end.back();
  return end;
}

}  // namespace taskdriver::storage
