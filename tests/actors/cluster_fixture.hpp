// Three nodes of actors in one thread, joined by a network in memory; the test says who serves
// what.
#pragma once

#include <array>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <deque>
#include <memory>
#include <string>

#include "actors/api.hpp"
#include "actors/node_context.hpp"
#include "cluster/peer_requests.hpp"
#include "tests/actors/actors_fixture.hpp"
#include "tests/support/memory_network.hpp"

namespace taskdriver::actors {

/// What travels of a test's request is its place in a table, and of its answer likewise: what http/
/// makes of real ones has tests of its own.
class table_reader final : public request_reader {
public:
  std::string add(destination to, operation what);
  result<read_request> read(std::string_view wire, const credentials& from) const override;
  answer unrendered(const rendered_answer& a) const;

private:
  struct row {
    destination to;
    operation what;
  };
  std::deque<row> rows_;
  std::shared_ptr<std::deque<answer>> answers_ = std::make_shared<std::deque<answer>>();
};

/// One node: replicas that share their records with the other nodes', and everything above them.
struct cluster_node final : cluster::peer_observer {
  cluster_node(caf::actor_system& system, const time_source& time,
               testing::memory_cluster_network& wires, const cluster::node_name& name,
               std::shared_ptr<domain::memory_records> records);

  void connected(const cluster::peer_identity&) override {}
  void disconnected(const cluster::peer_identity& peer) override { requests.disconnected(peer); }
  void received(const cluster::peer_identity& from, cluster::peer_lane,
                std::string frame) override {
    requests.received(from, std::move(frame));
  }

  const cluster::node_name name;
  fake_replicas replicas;
  statistics counts;
  lent_threads lent;
  project_doors doors{lent};
  cluster::peer_requests requests;
  std::unique_ptr<cluster::peer_network> network;
  node_context context;
  caf::actor gateway;
  caf::actor visitors;
};

/// Nodes "a", "b" and "c". At first "a" serves the directory, "b" project 1 and "c" project 2.
/// Everything happens in run(): after the helpers all actors and the network are at rest.
struct cluster_fixture {
  cluster_fixture();
  ~cluster_fixture();

  void run();
  void advance_ms(std::int64_t ms);
  void advance_s(std::int64_t s) { advance_ms(s * 1000); }

  /// Moves the project (0: the directory); all nodes know at once.
  void serve(project_number project, cluster_node& by);
  void serve_nowhere(project_number project);

  asked send(cluster_node& at, credentials from, destination to, operation what);
  asked ask(cluster_node& at, credentials from, destination to, operation what);
  asked create_project(cluster_node& at, const std::string& name);
  caf::actor_system_config config;
  caf::actor_system system;
  caf::scheduler::test_coordinator& scheduler;
  virtual_time time;
  std::shared_ptr<domain::memory_records> records = std::make_shared<domain::memory_records>();
  testing::memory_cluster_network wires;
  std::shared_ptr<table_reader> reader = std::make_shared<table_reader>();
  cluster_node a, b, c;
  std::array<cluster_node*, 3> nodes{&a, &b, &c};
};

/// With project 1 and a task type in it, made through node "a".
struct clustered_project : cluster_fixture {
  clustered_project();
  object_id project_id;
  object_id type_id;

  /// With the admin token, of project 1.
  asked ask_1(cluster_node& at, domain::command what);
  asked create_task(cluster_node& at);
  asked next_task(cluster_node& at, const std::string& agent, int wait_s = 0);
  domain::claim_view claimed_by(cluster_node& at, const std::string& agent);
};

}  // namespace taskdriver::actors
