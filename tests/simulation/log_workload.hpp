// Level log: clients write numbers and read how far the shard is.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "tests/simulation/workload.hpp"

namespace taskdriver::simulation {

class world;

/// The state of a shard is the number of its entries and a hash over them; a primary has the same
/// in its memory, with what is committed and not in the state yet. A read is answered with the
/// index of the memory, as that of a task is, or with that of the state once it has all that was
/// proposed before, as a list is; the judge knows what it must have seen.
///
/// Thread: one.
class log_workload final : public workload {
public:
  explicit log_workload(world& w) : world_(w) {}

  std::unique_ptr<shard_service> make_service(service_host& host) override;
  void begin() override;
  void act(std::uint32_t client) override;
  void hear(const client_hears&) override {}
  void faults_ended() override;
  bool satisfied() const override;
  void judge_end() override;

private:
  class service;
  void ask(node_index node, shard_index shard, bool write);

  world& world_;
  std::uint64_t next_payload_ = 1;
  bool faults_ended_ = false;
  std::vector<std::uint64_t> acknowledged_before_;  // per shard, when the faults ended
};

}  // namespace taskdriver::simulation
