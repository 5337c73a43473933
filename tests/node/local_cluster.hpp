// Several nodes of a cluster in one process: real stores, a register and a network in memory.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cluster/coordinator/register_keys.hpp"
#include "cluster/node/cluster_node.hpp"
#include "storage/node_store.hpp"
#include "tests/node/register_thread.hpp"
#include "tests/support/fault_env.hpp"
#include "tests/support/memory_network.hpp"
#include "tests/support/temporary_directory.hpp"

namespace taskdriver::testing {

/// Waits until `holds`; generous, since machines are slow. False: it never did.
bool eventually(const std::function<bool()>& holds);

/// A stream's observer that tests can wait for. Thread: any.
class stream_witness final : public cluster::stream_observer {
public:
  void committed(std::uint64_t) override {}
  void applied(std::uint64_t ticket) override;
  void lost(const error_info& why) override;
  /// True once `ticket` is applied; false if the stream was lost first, or nothing happens.
  bool wait(std::uint64_t ticket);
  bool is_lost();
  /// Of the loss; none while it is not lost.
  std::optional<errc> why_lost();

private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::int64_t newest_ = -1;
  std::optional<errc> lost_;
};

/// One node: its directory stays when it stops.
struct local_node {
  cluster::node_name name;
  std::string data_dir;
  std::unique_ptr<storage::node_store> store;
  std::unique_ptr<cluster::cluster_node> node;

  bool runs() const { return node != nullptr; }
  cluster::shard_replicas& replicas() const { return node->replicas(); }
};

/// Thread: the test's. Owns: the nodes, their directories, and a thread that delivers frames.
class local_cluster {
public:
  explicit local_cluster(std::uint16_t shards = 2);
  ~local_cluster();

  /// Starts a node, on its directory if it had one. Fails the test if it cannot.
  local_node& start(const cluster::node_name& name,
                    const std::function<void(cluster::cluster_node_options&)>& adjust = {});
  /// The same, as a result.
  result<void> try_start(const cluster::node_name& name,
                         const std::function<void(cluster::cluster_node_options&)>& adjust = {});
  /// Ends a node without a word to the others, and without a flush of what is only in memory.
  void kill(const cluster::node_name& name);
  void stop(const cluster::node_name& name);  // hands over first
  void lose_disk(const cluster::node_name& name);
  /// The faults of the node's disk, if asked for before it starts.
  fault_file_system& disk(const cluster::node_name& name) { return *disks_[name].files; }
  local_node& operator[](const cluster::node_name& name) { return *nodes_.at(name); }

  /// The node that serves the project, once there is one; null: none within the patience.
  local_node* primary_of(project_number project);
  /// Proposes `name` for the project wherever it is served, until it is committed.
  bool put(project_number project, const std::string& name);
  /// What the primary has, once there is one that may answer.
  std::string get(project_number project);
  /// The configuration of the project's shard, as registered.
  cluster::shard_configuration registered(project_number project);
  std::vector<cluster::member> in_sync(project_number project) {
    return registered(project).in_sync;
  }

  register_thread judge;
  memory_cluster_network wires;
  cluster::register_keys keys{"test"};

private:
  local_node& known(const cluster::node_name& name);

  std::uint16_t shards_;
  testing::temporary_directory root_;
  std::map<cluster::node_name, fault_env> disks_;
  std::map<cluster::node_name, std::unique_ptr<local_node>> nodes_;
  std::atomic<bool> stop_ = false;
  std::thread mail_;
};

}  // namespace taskdriver::testing
