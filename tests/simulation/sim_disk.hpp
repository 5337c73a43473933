// The disk of a simulated node: what was written, what of it is safe, and what a crash leaves.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <variant>
#include <vector>

#include "cluster/replica/replica.hpp"
#include "tests/simulation/events.hpp"
#include "tests/simulation/random_stream.hpp"

namespace taskdriver::simulation {

/// What the entries of a shard made; each level has its own kind. Never changed once it is shared.
struct state_data {
  virtual ~state_data() = default;
};

/// A shard's state after the entry (index, entry_epoch).
struct checkpoint {
  std::uint64_t index = 0;
  std::uint64_t entry_epoch = 0;
  std::shared_ptr<const state_data> data;  // null = empty
};

/// What a restart of the node would find of a shard.
struct shard_image {
  std::uint64_t seen_epoch = 0;
  std::uint64_t base_index = 0;
  std::uint64_t base_epoch = 0;
  std::vector<cluster::entry> log;  // base_index + 1 and on, without gaps
  checkpoint state;                 // index ≥ base_index
  std::uint64_t installs = 0;       // of checkpoints, in place of all that was there

  std::uint64_t last_index() const { return base_index + log.size(); }
  /// Whether (index, epoch) is in the log or before its beginning.
  bool holds(std::uint64_t index, std::uint64_t epoch) const;
};

struct cut_log {
  std::uint64_t base_index = 0;
  std::uint64_t base_epoch = 0;
};
struct flush_state {
  checkpoint at;
  std::uint64_t installs = 0;  // of a state that a checkpoint replaced meanwhile: comes to nothing
};
/// A checkpoint of another node is kept aside; a restart forgets it.
struct gather_state {
  checkpoint at;
  node_index from = 0;
  std::int64_t begun_ms = 0;
};
struct install_state {
  checkpoint at = {};
  bool keep_suffix = false;
  bool drops = false;  // what the shard left behind goes; `at` is of nothing
};

/// Two lanes, each in order: the log with all that must be in order with it, and flushes of state.
/// Like the real log writer it takes all that waits into the next batch (group commit).
///
/// Thread: one.
class sim_disk {
public:
  using operation =
      std::variant<cluster::disk_write, cut_log, flush_state, gather_state, install_state>;
  struct queued {
    shard_index shard = 0;
    operation what;
  };

  explicit sim_disk(std::uint32_t shards) : images_(shards) {}

  const shard_image& image(shard_index shard) const { return images_[shard]; }
  shard_image& image(shard_index shard) { return images_[shard]; }

  void add(shard_index shard, operation what);
  /// Begins the lane's next batch. False: there is nothing to do, or a batch is under way.
  bool begin_batch(bool flush);
  /// The batch under way is safe now.
  std::vector<queued> end_batch(bool flush);
  /// Of what is not safe yet, a random prefix of each lane is found after the restart.
  void crash(random_stream& random);
  std::size_t waiting(bool flush) const { return lanes_[flush].waiting.size(); }

private:
  struct lane {
    std::deque<queued> waiting;
    std::size_t running = 0;
  };
  void make_safe(const queued& done);

  std::vector<shard_image> images_;
  lane lanes_[2];
};

}  // namespace taskdriver::simulation
