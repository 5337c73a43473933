// The replicas of a node without a cluster: each shard has one member, so durable is committed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cluster/applier.hpp"
#include "cluster/shard_replicas.hpp"
#include "cluster/stream_table.hpp"
#include "storage/log_writer.hpp"
#include "storage/node_store.hpp"
#include "storage/record_reader.hpp"

namespace taskdriver::cluster {

/// A shard's configuration is {epoch, this node, [this node]}. Only the epoch has to be stored, as
/// the shard's highest seen epoch in its log; like any restarted primary the node begins a new one.
///
///   propose (any actor) -> entry with the shard's next index -> log_writer
///        committed <- one call per stream and batch <-------- durable (writer thread)
///        applied   <- one call per stream and batch <- applier <-'
///
/// Thread: any. Owns: the log writer, the applier. The store must outlive it.
/// Fails: through the streams; a failed disk ends the process (store_options::on_fatal).
class single_node_replicas final : public shard_replicas, private storage::log_observer {
public:
  single_node_replicas(storage::node_store& store, storage::fsync_hook on_fsync);
  ~single_node_replicas() override;

  std::unique_ptr<proposal_stream> open_stream(project_number project,
                                               std::shared_ptr<stream_observer> observer) override;
  shard_location locate(project_number) const override { return {}; }
  shard_id home_shard(project_number project) const override;
  result<void> may_answer(project_number, std::int64_t) const override { return {}; }
  void observe_leadership(std::shared_ptr<leadership_observer> observer) override;
  result<void> accepts_proposals() const override;
  const domain::record_source& records() const override { return records_; }

private:
  class stream;
  struct shard {
    std::uint64_t epoch = 0;
    std::uint64_t next_index = 1;  // under the lock of `streams`
    stream_table streams;
  };

  result<void> propose(shard_id at, const stream_ptr& from, std::uint64_t ticket,
                       const domain::changes& what);
  void begin_epochs();
  void commit(shard_id at, std::vector<entry> entries);

  void durable(std::span<storage::log_entry> entries) override;
  void marked(std::span<const storage::log_mark>) override {}
  void refused(std::span<const storage::log_entry> entries, const error_info& why) override;

  storage::node_store& store_;
  storage::record_reader records_;
  std::vector<std::unique_ptr<shard>> shards_;
  applier applier_;
  storage::log_writer writer_;  // reports to all of the above until its end
};

}  // namespace taskdriver::cluster
