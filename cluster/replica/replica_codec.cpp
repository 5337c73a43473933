// Encoding and decoding of replica_messages, one pair of functions per message.
#include "cluster/replica/replica_codec.hpp"

#include <limits>
#include <utility>

#include "base/wire.hpp"
#include "cluster/transport/peer_network.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::size_t node_name_bytes_max = 64;

enum class message_type : std::uint8_t {
  append = 1,
  ack = 2,
  probe = 3,
  probe_answer = 4,
  configuration = 5,
};

// --- writing ------------------------------------------------------------------------------------

void put_type(byte_writer& out, message_type type) {
  out.u8(static_cast<std::uint8_t>(type));
}

void put(byte_writer& out, const append_message& m) {
  put_type(out, message_type::append);
  out.varint(m.epoch);
  out.varint(static_cast<std::uint64_t>(m.stamp));
  out.varint(m.prev_index);
  out.varint(m.prev_epoch);
  out.varint(m.commit);
  out.varint(m.entries.size());
  auto epoch = m.prev_epoch;
  for (const auto& e : m.entries) {
    out.varint(e.epoch - epoch);
    out.text(*e.payload);
    epoch = e.epoch;
  }
}

void put(byte_writer& out, const ack_message& m) {
  put_type(out, message_type::ack);
  out.varint(m.epoch);
  out.varint(static_cast<std::uint64_t>(m.stamp));
  out.varint(m.match);
  out.u8(m.mismatch ? 1 : 0);
  out.varint(m.seen);
}

void put(byte_writer& out, const probe_message&) {
  put_type(out, message_type::probe);
}
void put(byte_writer& out, const probe_answer&) {
  put_type(out, message_type::probe_answer);
}

void put(byte_writer& out, const configuration_message& m) {
  const auto& c = m.registered;
  put_type(out, message_type::configuration);
  out.varint(c.epoch);
  out.text(c.primary);
  out.varint(c.in_sync.size());
  for (const auto& each : c.in_sync) {
    out.text(each.node);
    out.u64(each.store);
  }
  out.u8(c.handover ? 1 : 0);
  out.varint(c.min_in_sync);
  out.text(c.change.node);
  out.u64(c.change.boot);
  out.varint(c.change.counter);
}

// --- reading ------------------------------------------------------------------------------------

bool take_flag(byte_reader& in) {
  const auto flag = in.u8();
  if (flag > 1) in.fail();
  return flag == 1;
}

std::int64_t take_stamp(byte_reader& in) {
  const auto stamp = in.varint();
  if (stamp > std::numeric_limits<std::int64_t>::max()) return in.fail(), 0;
  return static_cast<std::int64_t>(stamp);
}

node_name take_name(byte_reader& in) {
  const auto name = in.text();
  if (name.size() > node_name_bytes_max) return in.fail(), node_name();
  return node_name(name);
}

append_message take_append(byte_reader& in) {
  append_message m;
  m.epoch = in.varint();
  m.stamp = take_stamp(in);
  m.prev_index = in.varint();
  m.prev_epoch = in.varint();
  m.commit = in.varint();
  const auto count = in.varint();
  auto index = m.prev_index;
  auto epoch = m.prev_epoch;
  // Not reserved by `count`, which may be a lie: each entry needs two bytes at least.
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const auto grows = in.varint();
    const auto payload = in.text();
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    if (!in.ok() || index == most || grows > most - epoch) return in.fail(), m;
    epoch += grows;
    m.entries.push_back({.epoch = epoch,
                         .index = ++index,
                         .payload = std::make_shared<const std::string>(payload)});
  }
  return m;
}

ack_message take_ack(byte_reader& in) {
  ack_message m;
  m.epoch = in.varint();
  m.stamp = take_stamp(in);
  m.match = in.varint();
  m.mismatch = take_flag(in);
  m.seen = in.varint();
  return m;
}

configuration_message take_configuration(byte_reader& in) {
  shard_configuration c;
  c.epoch = in.varint();
  c.primary = take_name(in);
  const auto members = in.varint();
  for (std::uint64_t i = 0; i < members && in.ok(); ++i) {
    auto node = take_name(in);
    const auto store = in.u64();
    c.in_sync.push_back({std::move(node), store});
  }
  c.handover = take_flag(in);
  const auto least = in.varint();
  if (least > std::numeric_limits<std::uint32_t>::max()) in.fail();
  c.min_in_sync = static_cast<std::uint32_t>(least);
  c.change.node = take_name(in);
  c.change.boot = in.u64();
  c.change.counter = in.varint();
  return {std::move(c)};
}

replica_message take_message(byte_reader& in) {
  switch (static_cast<message_type>(in.u8())) {
    case message_type::append:
      return take_append(in);
    case message_type::ack:
      return take_ack(in);
    case message_type::probe:
      return probe_message{};
    case message_type::probe_answer:
      return probe_answer{};
    case message_type::configuration:
      return take_configuration(in);
  }
  in.fail();
  return probe_message{};
}

}  // namespace

void replica_frame_writer::clear() {
  frame_.clear();
  byte_writer out(frame_);
  out.u8(static_cast<std::uint8_t>(frame_kind::replica));
  out.u8(format_version);
  empty_ = true;
}

void replica_frame_writer::add(shard_id shard, const replica_message& message) {
  byte_writer out(frame_);
  out.varint(raw(shard));
  std::visit([&](const auto& m) { put(out, m); }, message);
  empty_ = false;
}

std::string replica_frame_writer::take() {
  auto frame = std::move(frame_);
  clear();
  return frame;
}

std::optional<std::vector<shard_message>> decode_replica_frame(std::string_view frame) {
  byte_reader in(frame);
  if (in.u8() != static_cast<std::uint8_t>(frame_kind::replica)) return std::nullopt;
  if (in.u8() != format_version) return std::nullopt;
  std::vector<shard_message> messages;
  while (in.ok() && !in.empty()) {
    const auto shard = in.varint();
    if (shard > std::numeric_limits<std::uint16_t>::max()) in.fail();
    auto message = take_message(in);
    if (!in.ok()) return std::nullopt;
    messages.push_back({static_cast<shard_id>(shard), std::move(message)});
  }
  if (!in.finished()) return std::nullopt;
  return messages;
}

}  // namespace taskdriver::cluster
