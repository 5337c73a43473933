// The replicas of a node of a cluster, as actors see them.
#pragma once

#include <memory>

#include "cluster/node/replica_loop.hpp"
#include "cluster/shard_replicas.hpp"
#include "storage/record_reader.hpp"

namespace taskdriver::cluster {

/// A door to the replica loop: proposals go into a shard's stream table and the loop is woken;
/// questions are answered from what the loop published last.
///
/// Thread: any; nothing waits for the loop. Owns: nothing of the replicas; the loop and the store
/// must outlive it.
class clustered_replicas final : public shard_replicas {
public:
  clustered_replicas(replica_loop& loop, storage::node_store& store, node_name self);

  std::unique_ptr<proposal_stream> open_stream(project_number project,
                                               std::shared_ptr<stream_observer> observer) override;
  shard_location locate(project_number project) const override;
  shard_id home_shard(project_number project) const override;
  result<void> may_answer(project_number project, std::int64_t steady_ms) const override;
  void observe_leadership(std::shared_ptr<leadership_observer> observer) override;
  result<void> accepts_proposals() const override;
  const domain::record_source& records() const override { return records_; }

private:
  class stream;
  hosted_shard& home(project_number project) const;

  replica_loop& loop_;
  storage::node_store& store_;
  const node_name self_;
  storage::record_reader records_;
};

}  // namespace taskdriver::cluster
