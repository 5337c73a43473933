// The bulk thread: streams checkpoints of shards to peers that are too far behind for the log, and
// takes those that come.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "cluster/node/replica_loop.hpp"
#include "cluster/replica/checkpoint_stream.hpp"
#include "cluster/transport/peer_network.hpp"
#include "domain/cluster_view.hpp"
#include "storage/dropped_room.hpp"
#include "storage/shard_checkpoint.hpp"
#include "storage/shard_drop.hpp"
#include "storage/shard_install.hpp"

namespace taskdriver::cluster {

/// checkpoint_stream.hpp has the protocol; this is the disk and the network around it.
///
///   send()    --> shard_checkpoint --chunks--> network      ... complete: checkpoint_sent
///   network   --> shard_install    --all there--> checkpoint_gathered
///   install() --> in place of the shard's state, or -------> checkpoint_installed
///                 nothing in its place (R38)
///
/// Thread: public methods any; all reading and writing on its own. Owns: streams in both
/// directions. Fails: a stream that breaks is over; the replicas ask for another one.
class checkpoint_exchange final : public checkpoint_carrier {
public:
  /// `report` takes what the replicas have to hear. The store must outlive it.
  checkpoint_exchange(storage::node_store& store, const time_source& time, node_name self,
                      std::function<void(shard_event)> report);
  ~checkpoint_exchange() override;

  /// The network must outlive stop().
  void start(peer_network& network);
  void stop();

  void send(shard_id shard, const node_name& to) override;
  void install(shard_id shard, const checkpoint_install& what) override;
  void forget(shard_id shard) override;

  void connected(const member& peer);
  void disconnected(const node_name& peer);
  /// A frame of kind checkpoint.
  void received(const node_name& from, std::string frame);
  std::vector<domain::stream_view> streams() const;

private:
  struct outgoing {
    node_name to;
    checkpoint_sender stream;
    std::unique_ptr<storage::shard_checkpoint> source;
    std::string unsent;  // a frame that the lane had no room for
    std::int64_t started_ms = 0;
  };
  struct incoming {
    node_name from;
    checkpoint_receiver stream;
    std::unique_ptr<storage::shard_install> target;  // null: nothing is gathered
    bool gathered = false;
    std::uint64_t bytes = 0;
    std::int64_t started_ms = 0;
  };
  using outgoing_key = std::pair<shard_id, node_name>;

  void add(std::function<void()> task);
  void run();
  void open(shard_id shard, const node_name& to);
  void pump();
  bool pump(outgoing& o);
  std::optional<std::string> next_frame(outgoing& o);
  void end(const outgoing_key& which);
  void take(const node_name& from, const std::string& bytes);
  void take_from_sender(const node_name& from, checkpoint_frame frame);
  result<void> gather(const node_name& from, shard_id shard, incoming& in,
                      checkpoint_received& what);
  void put_in_place(shard_id shard, const checkpoint_install& what);
  void drop(shard_id shard);
  void drop_silent();
  void note_streams();
  void tell(const node_name& to, const checkpoint_frame& frame);
  std::int64_t now_ms() const { return time_.now().steady_ms; }

  storage::node_store& store_;
  const time_source& time_;
  const node_name self_;
  const std::function<void(shard_event)> report_;
  peer_network* network_ = nullptr;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> tasks_;
  std::vector<domain::stream_view> views_;
  std::atomic<bool> stop_ = false;  // set under the lock

  // Of the thread.
  std::map<node_name, std::uint64_t> stores_;  // of connected peers
  std::map<outgoing_key, outgoing> outgoing_;
  std::map<shard_id, incoming> incoming_;
  std::optional<storage::dropped_room> room_;  // while the thread runs
  std::thread thread_;
};

}  // namespace taskdriver::cluster
