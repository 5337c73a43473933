// What a checkpoint tells of a shard: its records, with those that `state` does without.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/state_scan.hpp"

namespace taskdriver::storage {

/// A state_scan that also has the progress record of every task that has none because it is as it
/// was created (created_progress.hpp): whoever reads it may be a node that does not know of that.
///
/// Thread: one. Owns: two iterators, the second one over the specs of one project at a time.
/// `snapshot` as for state_scan.
class checkpoint_scan {
public:
  checkpoint_scan(const engine& store, const rocksdb::Snapshot* snapshot, shard_id shard);

  bool valid() const { return made_up_ || stored_.valid(); }
  std::string_view key() const { return made_up_ ? made_key_ : stored_.key(); }
  std::string_view value() const { return made_up_ ? made_value_ : stored_.value(); }
  void next();
  rocksdb::Status status() const;

private:
  void settle();
  bool make_up();

  const engine& store_;
  const rocksdb::Snapshot* snapshot_;
  state_scan stored_;
  std::string project_;              // shard and project whose specs stored_ is at or has passed
  std::optional<state_scan> specs_;  // of the same project, once stored_ has passed them
  bool made_up_ = false;             // what is shown is not stored
  std::string made_key_;
  std::string made_value_;
  rocksdb::Status failed_;
};

}  // namespace taskdriver::storage
