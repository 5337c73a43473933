// One replica, "b" of {a, b, c}, that hears from the test alone; nothing is fsynced by itself.
#pragma once

#include <boost/test/unit_test.hpp>
#include <optional>
#include <string>

#include "tests/replica/scripted_shard.hpp"

namespace taskdriver::cluster::testing {

inline const member node_a{"a", 1};
inline const member node_b{"b", 2};
inline const member node_c{"c", 3};

inline entry entry_of(std::uint64_t epoch, std::uint64_t index, const std::string& payload = "x") {
  return {epoch, index, std::make_shared<const std::string>(payload)};
}

/// {epoch, primary, in sync: a, b, c}, made by somebody else.
inline shard_configuration configuration_of(std::uint64_t epoch, const node_name& primary) {
  return {.epoch = epoch,
          .primary = primary,
          .in_sync = {node_a, node_b, node_c},
          .min_in_sync = 2,
          .change = {.node = primary, .boot = 99, .counter = epoch}};
}

struct lone_replica {
  lone_replica() { start(0); }

  /// As after a crash: what was not fsynced is gone.
  void start(std::uint64_t applied) {
    disk.crash();
    run = std::make_unique<replica>(node_b, 7, disk.recovered(applied), disk, replica_settings{},
                                    now);
  }
  replica_outputs step(const replica_input& input) {
    auto out = run->step(now, input);
    for (const auto& w : out.writes) disk.write(w);
    return out;
  }
  replica_outputs tick() { return step(tick_input{}); }
  /// Ticks every 50 ms; what the last of them put out, and the last change that was asked for.
  replica_outputs wait(std::int64_t ms) {
    replica_outputs out;
    for (const auto end = now + ms; now < end;) {
      now += 50;
      auto change = std::move(out.change);
      out = tick();
      if (!out.change) out.change = std::move(change);
    }
    return out;
  }
  void fsync_all() {
    while (!disk.idle()) fsync();
  }
  replica_outputs hear(const member& from, replica_message m) {
    return step(message_input{from, std::move(m)});
  }
  replica_outputs adopt(const shard_configuration& c, bool linearizable = true) {
    return step(register_input{c, linearizable});
  }
  replica_outputs fsync(std::size_t writes = SIZE_MAX) {
    const auto id = disk.fsync(writes);
    BOOST_REQUIRE_MESSAGE(id != 0, "something waits for an fsync");
    return step(disk_written_input{id});
  }
  /// Follows "a" in epoch 1 with entries 1..last of epoch 1, all fsynced and committed up to
  /// `commit`.
  void follow_a(std::uint64_t last, std::uint64_t commit) {
    adopt(configuration_of(1, "a"));
    append_message m{.epoch = 1, .stamp = now, .commit = commit};
    for (std::uint64_t i = 1; i <= last; ++i) m.entries.push_back(entry_of(1, i));
    hear(node_a, m);
    fsync();
  }
  /// Takes over in the next epoch, with answers to its probes; the change that it asks for.
  shard_configuration ask_for_takeover() {
    fsync_all();
    for (int i = 0; i < 100; ++i) {
      hear(node_c, probe_answer{});
      const auto out = wait(50);
      if (out.change) return out.change->wanted;
    }
    BOOST_FAIL("it never takes over");
    return {};
  }

  static std::optional<ack_message> ack_in(const replica_outputs& out) {
    for (const auto& m : out.messages)
      if (const auto* ack = std::get_if<ack_message>(&m.message)) return *ack;
    return std::nullopt;
  }
  template <class Message>
  static std::vector<Message> all_in(const replica_outputs& out, const node_name& to) {
    std::vector<Message> found;
    for (const auto& m : out.messages)
      if (const auto* one = std::get_if<Message>(&m.message); one && m.to == to)
        found.push_back(*one);
    return found;
  }

  std::int64_t now = 1'000'000;
  scripted_disk disk;
  std::unique_ptr<replica> run;
};

/// "b" leads in epoch 2 with a tail of `tail` entries of epoch 1; not ready before a and c have it.
struct lone_primary : lone_replica {
  void lead(std::uint64_t tail = 0, std::uint64_t commit = 0) {
    if (tail > 0)
      follow_a(tail, commit);
    else
      adopt(configuration_of(1, "a"));
    const auto wanted = ask_for_takeover();
    began = adopt(wanted);
    epoch = wanted.epoch;
    fsync_all();
  }
  replica_outputs ack(const member& from, std::uint64_t match, std::int64_t stamp) {
    return hear(from, ack_message{.epoch = epoch, .stamp = stamp, .match = match, .seen = epoch});
  }
  replica_outputs ack(const member& from, std::uint64_t match) { return ack(from, match, now); }
  replica_outputs propose(const std::string& payload = "x") {
    return step(propose_input{{std::make_shared<const std::string>(payload)}});
  }
  void place(shard_placement wanted) { step(placement_input{std::move(wanted)}); }
  /// c says nothing while a goes on, until b asks for a configuration without it: `asked`.
  void mute_c() {
    for (int i = 0; i < 100; ++i) {
      now += 50;
      ack(node_a, run->last_index());
      const auto out = tick();
      if (!out.change) continue;
      asked = out.change->wanted;
      BOOST_TEST(!asked.holds(node_c));
      return;
    }
    BOOST_FAIL("c is never dropped");
  }
  bool serves() const { return run->serving_until_ms() > now; }

  std::uint64_t epoch = 0;
  replica_outputs began;
  shard_configuration asked;
};

/// Epoch 3: b leads a, b, c of the wanted a, b, c; all have the same.
struct primary_of_three : lone_primary {
  primary_of_three() {
    place({.replicas = {"a", "b", "c"}});
    lead();
    ack(node_c, 0), ack(node_a, 0);
    const auto joined = tick().change;
    BOOST_REQUIRE(joined.has_value());
    adopt(joined->wanted);
    epoch = joined->wanted.epoch;
    fsync_all();
    ack(node_c, 0), ack(node_a, 0);
  }
  /// Every 50 ms both answer, c only with `match_c`; the first change that is asked for.
  std::optional<shard_configuration> beacons(std::uint64_t match_c, int times) {
    for (int i = 0; i < times; ++i) {
      now += 50;
      ack(node_a, run->last_index()), ack(node_c, match_c);
      if (const auto out = tick(); out.change) return out.change->wanted;
    }
    return std::nullopt;
  }
};

}  // namespace taskdriver::cluster::testing
