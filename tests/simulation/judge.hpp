// What all replicas of a shard have to agree on, and what clients may rely on.
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/replica/replica.hpp"
#include "tests/simulation/events.hpp"

namespace taskdriver::simulation {

/// One global history per shard: the first replica that commits an index decides what it is; all
/// others must commit the same, each index once and in order. Everything acknowledged is in it, and
/// nothing that was acknowledged or read goes unseen by a later read.
///
/// Thread: one. Fails: throws violation.
class judge {
public:
  explicit judge(std::uint32_t shards) : shards_(shards) {}

  /// What a replica has that goes on with another entry.
  struct state_of {
    std::uint64_t index = 0;
    std::uint64_t entry_epoch = 0;
    std::uint64_t seen_epoch = 0;
  };
  /// True: it is the first one.
  bool commits(shard_index shard, const state_of& before, const cluster::entry& next);
  /// A replica has the state of this entry, from its disk or from another node.
  void has_state(shard_index shard, std::uint64_t index, std::uint64_t epoch) const;
  /// A client is told that its write is committed under this index.
  void acknowledged(shard_index shard, std::uint64_t index, std::uint64_t epoch);
  /// A client is shown the state of `index`; when it asked, `floor` was shown or acknowledged.
  void read(shard_index shard, std::uint64_t floor, std::uint64_t index);

  /// The newest index that somebody was told of.
  std::uint64_t floor(shard_index shard) const { return shards_[shard].floor; }
  /// Of a committed entry; 0 for index 0.
  std::uint64_t epoch_of(shard_index shard, std::uint64_t index) const {
    return index == 0 ? 0 : shards_[shard].history[index - 1].epoch;
  }
  std::uint64_t last_index(shard_index shard) const { return shards_[shard].history.size(); }
  std::uint64_t acknowledged_count(shard_index shard) const { return shards_[shard].acknowledged; }
  std::uint64_t reads() const { return reads_; }

  /// R36: an operator went back to what one replica has, and it leads from `epoch` on. What others
  /// applied and it does not have never was. They may keep it, and even apply more of it, but must
  /// not go on from there with entries of the new line.
  void begin_line(shard_index shard, std::uint64_t epoch, std::uint64_t base_index,
                  const std::vector<cluster::entry>& log);
  /// Whether the state after (index, epoch) is one of this history.
  bool on_line(shard_index shard, std::uint64_t index, std::uint64_t epoch) const;

private:
  struct committed {
    std::uint64_t epoch = 0;
    std::uint64_t payload = 0;  // hash
    bool acknowledged = false;
  };
  struct shard_history {
    std::vector<committed> history;  // of index 1 and on
    std::vector<committed> tail;     // what follows, where the newest line began
    std::uint64_t tail_begin = 0;    // index of its first entry
    std::uint64_t line_epoch = 0;    // entries of earlier epochs may be of an older line
    std::uint64_t floor = 0;
    std::uint64_t acknowledged = 0;
  };
  static committed seen(const cluster::entry& e);
  static bool same(const committed& a, const committed& b) {
    return a.epoch == b.epoch && a.payload == b.payload;
  }
  static bool is_known(const shard_history& s, const cluster::entry& e);
  bool is_left_alone(shard_index shard, const state_of& before, const cluster::entry& next) const;

  std::vector<shard_history> shards_;
  std::uint64_t reads_ = 0;
};

}  // namespace taskdriver::simulation
