// One line per thing, numbers first named.
#include "tests/simulation/describe.hpp"

namespace taskdriver::simulation {
namespace {

std::string text(std::uint64_t n) {
  return std::to_string(n);
}

struct message_text {
  std::string operator()(const cluster::append_message& m) const {
    auto entries = m.entries.empty()
                       ? std::string("beacon")
                       : text(m.entries.front().index) + ".." + text(m.entries.back().index);
    return "append epoch " + text(m.epoch) + " " + entries + " after " + text(m.prev_index) + "/" +
           text(m.prev_epoch) + " commit " + text(m.commit) + " stamp " + std::to_string(m.stamp);
  }
  std::string operator()(const cluster::ack_message& m) const {
    return (m.mismatch ? "mismatch epoch " : "ack epoch ") + text(m.epoch) + " match " +
           text(m.match) + " seen " + text(m.seen) + " stamp " + std::to_string(m.stamp);
  }
  std::string operator()(const cluster::probe_message&) const { return "probe"; }
  std::string operator()(const cluster::probe_answer&) const { return "probe answer"; }
  std::string operator()(const cluster::configuration_message& m) const {
    return "conf " + describe(m.registered);
  }
};

struct event_text {
  std::string operator()(const tick_due&) const { return "tick"; }
  std::string operator()(const message_arrives& m) const {
    return "<- " + m.from.node + " " + describe(m.message);
  }
  std::string operator()(const frame_arrives& f) const {
    return "<- n" + text(f.from + 1) + " frame of " + text(f.bytes.size()) + " bytes";
  }
  std::string operator()(const disk_batch_done& d) const { return d.flush ? "flushed" : "fsynced"; }
  std::string operator()(const register_answers& a) const {
    return (a.input.linearizable ? "read " : "watch ") + describe(a.input.registered);
  }
  std::string operator()(const wish_arrives& w) const { return "wish " + describe(w.wanted); }
  std::string operator()(const request_arrives& r) const {
    return (r.request.write ? "write " : "read ") + text(r.request.number) + " of client " +
           text(r.request.client);
  }
  std::string operator()(const state_due&) const { return "has time for its state"; }
};

}  // namespace

std::string describe(const cluster::replica_message& m) {
  return std::visit(message_text{}, m);
}

std::string describe(const cluster::shard_configuration& c) {
  auto all = "epoch " + text(c.epoch) + " primary " + c.primary + " in sync";
  for (const auto& m : c.in_sync) all += " " + m.node + "(" + text(m.store % 1000) + ")";
  return all + " min " + text(c.min_in_sync) + (c.handover ? " handover" : "");
}

std::string describe(const cluster::shard_placement& p) {
  std::string all = "replicas";
  for (const auto& name : p.replicas) all += " " + name;
  return all + (p.primary.empty() ? "" : " primary " + p.primary);
}

std::string describe(const node_event& e) {
  return std::visit(event_text{}, e);
}

}  // namespace taskdriver::simulation
