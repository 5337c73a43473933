// Bytes of reports.
#include "cluster/node/node_report.hpp"

#include "base/wire.hpp"
#include "cluster/transport/peer_network.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint64_t replicas_max = 0x10000;

replica_report read_replica(byte_reader& in) {
  replica_report r;
  r.shard = shard_id{in.u16()};
  const auto role = in.u8();
  if (role > static_cast<std::uint8_t>(replica_role::primary)) in.fail();
  r.role = static_cast<replica_role>(role);
  r.serving = in.u8() != 0;
  for (auto* number :
       {&r.epoch, &r.last_index, &r.durable_index, &r.commit_index, &r.applied_index})
    *number = in.varint();
  return r;
}

}  // namespace

std::string encode_node_report(const node_report& report) {
  std::string bytes;
  byte_writer out(bytes);
  out.u8(static_cast<std::uint8_t>(frame_kind::report));
  out.u8(version);
  out.u8(report.leaving);
  out.varint(report.replicas.size());
  for (const auto& r : report.replicas) {
    out.u16(raw(r.shard));
    out.u8(static_cast<std::uint8_t>(r.role));
    out.u8(r.serving);
    for (const auto number :
         {r.epoch, r.last_index, r.durable_index, r.commit_index, r.applied_index})
      out.varint(number);
  }
  return bytes;
}

result<node_report> decode_node_report(std::string_view bytes) {
  byte_reader in(bytes);
  if (in.u8() != static_cast<std::uint8_t>(frame_kind::report) || in.u8() != version)
    return error_info{errc::validation, "not a report of a known version"};
  node_report report;
  report.leaving = in.u8() != 0;
  const auto count = in.varint();
  if (count > replicas_max) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) report.replicas.push_back(read_replica(in));
  if (!in.finished()) return error_info{errc::validation, "malformed report"};
  return report;
}

replica_report report_of(const hosted_status& status) {
  const auto& r = status.replica;
  return {.shard = status.shard,
          .role = r.role,
          .serving = r.serving,
          .epoch = r.configuration.epoch,
          .last_index = r.last_index,
          .durable_index = r.durable_index,
          .commit_index = r.commit_index,
          .applied_index = status.applied_index};
}

}  // namespace taskdriver::cluster
