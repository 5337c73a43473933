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
/// Behind a force (R36) there are two lines of it: that of the forced node, and that of all who
/// have not heard of it, whose primary may go on. Each is judged for itself, a replica by the line
/// of the epoch it has seen. Only the newest one counts in the end, and nobody goes over to it but
/// with the state that it has.
///
///   line 0  1 2 3 4 5 6 7 8        acknowledged here, and lost
///   line 1  1 2 3 4 \5 6 7 8 9 ..  from the epoch on in which the forced one began to lead
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
  /// `primary_has`: a primary of this line has the entry in its log. True: it is the first one.
  bool commits(shard_index shard, const state_of& before, const cluster::entry& next,
               bool primary_has);
  /// A replica has the state of this entry, from its disk or from another node.
  void has_state(shard_index shard, std::uint64_t index, std::uint64_t epoch) const;
  /// A client is told, by one who has seen `seen_epoch`, that its write is committed under this
  /// index. False: in an older line, which counts for nobody.
  bool acknowledged(shard_index shard, std::uint64_t seen_epoch, std::uint64_t index,
                    std::uint64_t epoch);
  /// A client is shown the state of `index`.
  void read(shard_index shard, const floor_asked& asked, std::uint64_t seen_epoch,
            std::uint64_t index);

  /// The newest index that somebody was told of.
  std::uint64_t floor(shard_index shard) const { return newest(shard).floor; }
  /// What an answer to a request of this moment must have seen.
  floor_asked asked_now(shard_index shard) const { return {lines(shard), floor(shard)}; }
  /// Of a committed entry; 0 for index 0.
  std::uint64_t epoch_of(shard_index shard, std::uint64_t index) const {
    return index == 0 ? 0 : newest(shard).history[index - 1].epoch;
  }
  std::uint64_t last_index(shard_index shard) const { return newest(shard).history.size(); }
  std::uint64_t acknowledged_count(shard_index shard) const { return shards_[shard].acknowledged; }
  std::uint64_t reads() const { return reads_; }
  /// The epoch in which the line of a replica that has seen `epoch` began.
  std::uint64_t line_begun(shard_index shard, std::uint64_t epoch) const {
    return shards_[shard].lines[line_number(shard, epoch) - 1].epoch;
  }
  std::size_t lines(shard_index shard) const { return shards_[shard].lines.size(); }

  /// R36: an operator went back to what one replica has, and it leads from `epoch` on: this base,
  /// and the entries of `log` after it. Where it parts from what others have, a new line begins.
  void begin_line(shard_index shard, std::uint64_t epoch, const state_of& base,
                  const std::vector<cluster::entry>& log);
  /// Whether the state after (index, epoch) is one of the newest line.
  bool on_line(shard_index shard, std::uint64_t index, std::uint64_t epoch) const {
    return on_line(newest(shard), index, epoch);
  }
  /// Whether what a replica has is of the line that it knows of.
  bool is_of_own_line(shard_index shard, const state_of& has) const {
    const auto& l = shards_[shard].lines[line_number(shard, has.seen_epoch) - 1];
    return on_line(l, has.index, has.entry_epoch);
  }

private:
  struct committed {
    std::uint64_t epoch = 0;
    std::uint64_t payload = 0;  // hash
    bool acknowledged = false;
  };
  struct line {
    std::uint64_t epoch = 0;         // in which its first primary began
    std::vector<committed> history;  // of index 1 and on
    std::vector<committed> tail;     // what follows in the log of its first primary
    std::uint64_t tail_begin = 0;    // index of its first entry
    std::uint64_t floor = 0;         // when the next line began, or now
    std::uint64_t floor_at_begin = 0;
  };
  struct shard_lines {
    std::vector<line> lines = {line{}};
    std::uint64_t acknowledged = 0;  // of the newest line at that time
  };
  static committed seen(const cluster::entry& e);
  static bool same(const committed& a, const committed& b) {
    return a.epoch == b.epoch && a.payload == b.payload;
  }
  static bool is_known(const line& l, const cluster::entry& e);
  static bool on_line(const line& l, std::uint64_t index, std::uint64_t epoch);
  static bool is_left_alone(const line& l, const state_of& before, const cluster::entry& next,
                            bool primary_has);
  static std::uint64_t common_with(const line& l, const state_of& base,
                                   const std::vector<cluster::entry>& log);
  const line& newest(shard_index shard) const { return shards_[shard].lines.back(); }
  /// From 1 on: of the line of a replica that has seen `epoch`.
  std::size_t line_number(shard_index shard, std::uint64_t epoch) const;
  line& line_of(shard_index shard, std::uint64_t epoch) {
    return shards_[shard].lines[line_number(shard, epoch) - 1];
  }

  std::vector<shard_lines> shards_;
  std::uint64_t reads_ = 0;
};

}  // namespace taskdriver::simulation
