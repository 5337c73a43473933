// Starts and stops the actors of a node; the task_api that http/ talks to.
#pragma once

#include <memory>

#include "actors/api.hpp"
#include "actors/cluster_desk.hpp"
#include "actors/node_context.hpp"
#include "base/time.hpp"
#include "cluster/shard_replicas.hpp"

namespace taskdriver::actors {

struct actor_node_options {
  std::size_t threads = 2;
  actor_settings settings;
  operator_tools operators;
  /// How the other nodes of a cluster are asked; null: a node by itself. Must outlive the node.
  cluster::node_requests* peers = nullptr;
};

/// Thread: any for task_api's methods; start and stop from one thread.
/// Owns: the actor system. Replicas must outlive stop(), and end before this does: their last
/// reports are to the actors. Time must outlive it.
class actor_node final : public task_api {
public:
  actor_node(cluster::shard_replicas& replicas, const time_source& time,
             const actor_node_options& options);
  ~actor_node() override;

  void handle(request_ptr request) override;
  queue_totals totals() const override;
  std::vector<project_gauges> deepest_projects(std::size_t limit) const override;
  forwarding_totals forwarding() const override { return counts_.forwarding(); }

  /// From now on the questions of other nodes are answered. Once, before their network starts.
  void serve_peers(std::shared_ptr<const request_reader> reader);

  /// The calling thread runs projects from now on. What is returned may not outlive the node.
  std::unique_ptr<lent_thread> lend(std::function<void()> wake);

  /// Answers all parked polls with "no task" and parks no more; requests go on being served.
  void release_polls();
  /// Ends all actors; questions of other nodes are sent back to them, requests that still come or
  /// wait are answered 503.
  void stop();

private:
  struct running_system;
  const time_source& time_;
  const operator_tools operators_;
  const std::size_t threads_;
  statistics counts_;
  const std::shared_ptr<lent_threads> lent_ = std::make_shared<lent_threads>();
  project_doors doors_{*lent_};
  node_context context_;
  std::unique_ptr<running_system> system_;
};

}  // namespace taskdriver::actors
