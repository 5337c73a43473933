// Reads keys of `state` field by field; whatever key_maker cannot have made is refused.
#include "tools/inspect/key_parts.hpp"

#include "base/wire.hpp"

namespace taskdriver::inspect {
namespace {

using storage::record_kind;

constexpr std::uint8_t activity_slots = 60;

sequence read_sequence(byte_reader& in) {
  const std::uint64_t high = in.u16();
  const std::uint64_t read = high << 32 | in.u32();
  if (read > sequence_max) in.fail();
  return sequence{read};
}

std::string_view read_name(byte_reader& in) {
  return in.raw(in.u8());
}

bool is_finished(std::uint8_t status) {
  return status == static_cast<std::uint8_t>(domain::task_status::completed) ||
         status == static_cast<std::uint8_t>(domain::task_status::failed);
}

void read_index(byte_reader& in, state_key& key) {
  switch (key.kind) {
    case record_kind::queue:
      key.small = in.u8();
      break;
    case record_kind::by_finished:
      key.small = in.u8();
      if (!is_finished(key.small)) in.fail();
      break;
    case record_kind::by_batch:
    case record_kind::by_agent:
      key.bytes = read_name(in);
      break;
    case record_kind::by_type:
      key.type = read_sequence(in);
      break;
    case record_kind::duplicate:
      key.type = read_sequence(in);
      key.bytes = in.raw(std::tuple_size_v<domain::fingerprint>);
      break;
    default:
      in.fail();
  }
  key.task = read_sequence(in);
}

void read_record(byte_reader& in, state_key& key) {
  switch (key.kind) {
    case record_kind::project:
    case record_kind::counters:
      return;
    case record_kind::activity:
      key.small = in.u8();
      if (key.small >= activity_slots) in.fail();
      return;
    case record_kind::type:
    case record_kind::type_tasks:
    case record_kind::duplicates_end:
      key.type = read_sequence(in);
      return;
    case record_kind::spec:
    case record_kind::progress:
    case record_kind::lease:
      key.task = read_sequence(in);
      return;
    case record_kind::attempt:
      key.task = read_sequence(in);
      key.number = in.u64();
      return;
    case record_kind::session:
      key.bytes = in.raw(std::tuple_size_v<domain::token_hash>);
      return;
    default:
      read_index(in, key);
  }
}

/// Project 0: the applied index of every shard, and the directory of shard 0.
void read_without_project(byte_reader& in, state_key& key) {
  if (key.kind == record_kind::applied) return;
  const bool entry = key.kind == record_kind::directory_entry;
  if (entry) key.entry = project_number{in.u32()};
  if (raw(key.shard) != 0 || (!entry && key.kind != record_kind::next_project)) in.fail();
}

}  // namespace

std::optional<state_key> parse_state_key(std::string_view bytes) {
  byte_reader in(bytes);
  state_key key;
  key.shard = shard_id{in.u16()};
  key.project = project_number{in.u32()};
  key.kind = record_kind{in.u8()};
  if (raw(key.project) == 0) {
    read_without_project(in, key);
  } else {
    read_record(in, key);
  }
  if (!in.finished()) return std::nullopt;
  return key;
}

std::string_view kind_name(record_kind kind) {
  switch (kind) {
    case record_kind::applied:
      return "applied";
    case record_kind::project:
      return "project";
    case record_kind::counters:
      return "counters";
    case record_kind::activity:
      return "activity";
    case record_kind::type:
      return "type";
    case record_kind::type_tasks:
      return "type_tasks";
    case record_kind::duplicates_end:
      return "duplicates_end";
    case record_kind::spec:
      return "spec";
    case record_kind::progress:
      return "progress";
    case record_kind::attempt:
      return "attempt";
    case record_kind::queue:
      return "queue";
    case record_kind::lease:
      return "lease";
    case record_kind::by_finished:
      return "by_finished";
    case record_kind::by_batch:
      return "by_batch";
    case record_kind::by_agent:
      return "by_agent";
    case record_kind::by_type:
      return "by_type";
    case record_kind::duplicate:
      return "duplicate";
    case record_kind::session:
      return "session";
    case record_kind::directory_entry:
      return "directory_entry";
    case record_kind::next_project:
      return "next_project";
  }
  return "unknown";
}

}  // namespace taskdriver::inspect
