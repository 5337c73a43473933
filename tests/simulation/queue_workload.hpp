// Level queue: producers and agents that retry on any node, and the real queue that serves them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "domain/decide.hpp"
#include "tests/simulation/mutants.hpp"
#include "tests/simulation/queue_judge.hpp"
#include "tests/simulation/workload.hpp"
#include "tests/support/memory_records.hpp"

namespace taskdriver::simulation {

class world;

/// One project per shard. Producers create tasks, each again until it is acknowledged; agents
/// claim, work, complete, fail, extend, forget what they hold, or die. No client ever does what a
/// decent one would not do.
///
/// Payloads are opaque to a replica, so an entry holds only the number of its changes.
/// Thread: one. Fails: throws violation.
class queue_workload final : public workload {
public:
  explicit queue_workload(world& w);
  ~queue_workload() override;

  std::unique_ptr<shard_service> make_service(service_host& host) override;
  void begin() override;
  void act(std::uint32_t client) override;
  void hear(const client_hears& what) override;
  void faults_ended() override { faults_ended_ = true; }
  bool satisfied() const override;
  void judge_end() override;

  // For the services:
  struct decided_changes {
    domain::changes what;
    std::int64_t decided_us = 0;
  };
  project_number project_of(shard_index shard) const { return project_number{3 + shard}; }
  const domain::memory_records& first_records(const service_host& host) const;
  payload_ptr keep(domain::changes what);
  const decided_changes& decided(const std::string& payload) const;
  void committed(shard_index shard, const decided_changes& what);
  std::uint64_t epoch_of(const service_host& host) const;
  const domain::command* command_of(const client_request& r) const;
  void acknowledged(const service_host& host, std::uint64_t index, std::uint64_t epoch);
  void shown(const service_host& host, const client_request& r, std::uint64_t index);
  void answer(const client_request& r, const result<domain::reply>& what);
  std::uint64_t recent_bytes() const;
  bool breaks(queue_mutant m) const { return planted_queue_mutant == m; }

private:
  using command_ptr = std::shared_ptr<const domain::command>;

  struct client {
    bool producer = false;
    shard_index shard = 0;
    std::string name;
    std::uint32_t lives = 0;      // an agent that died comes back under another name
    std::uint64_t number = 0;     // of the request it waits for; 0 = none
    command_ptr asks;             // until it is answered
    std::uint64_t created = 0;    // acknowledged
    bool created_at_end = false;  // one after the faults ended
    object_id task;               // what the agent holds, or the producer created last
    domain::lease_proof proof;
  };

  void make_records();
  void ask(std::uint32_t i, command_ptr what);
  domain::command next_of(client& c);
  domain::command next_of_agent(client& c);
  domain::command next_of_producer(client& c);
  void done(client& c, const result<domain::reply>& what);
  void judge_answer(const client_request& r, const domain::command& asked,
                    const result<domain::reply>& what) const;
  void judge_refusal(const queue_judge& q, const domain::command& asked,
                     const error_info& why) const;
  void judge_records(shard_index shard, const domain::memory_records& records) const;

  world& world_;
  std::vector<domain::memory_records> first_records_;  // per shard
  std::vector<object_id> types_;                       // per shard
  std::vector<queue_judge> judges_;                    // per shard
  std::vector<client> clients_;
  std::vector<decided_changes> changes_;
  std::vector<command_ptr> requests_;  // by number
  std::vector<result<domain::reply>> answers_;
  bool faults_ended_ = false;
};

}  // namespace taskdriver::simulation
