// Level queue: the owner of a project on a simulated primary, as actors/project_actor is on a real
// one.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "domain/decide.hpp"
#include "tests/simulation/shard_service.hpp"
#include "tests/support/memory_records.hpp"

namespace taskdriver::simulation {

class queue_workload;

/// What was applied of a shard: the records of its project.
struct queue_state final : state_data {
  domain::memory_records records;
};

/// Decides ahead of the commit, answers after it; what is refused or lost makes its memory
/// worthless, and it loads the project anew. What is not applied yet is in its memory only.
///
///   ready --> loaded: leases restart --> deciding --refused--> broken --all applied--> loaded
///                                           \-------ended------> nothing
///
/// Thread: one. Owns: the records of this replica, on backups too.
class queue_service final : public shard_service {
public:
  queue_service(queue_workload& all, service_host& host) : all_(all), host_(host) {}

  void restore(const std::shared_ptr<const state_data>& data) override;
  void apply(const cluster::entry& e) override;
  std::shared_ptr<const state_data> snapshot() const override;

  void ready() override {
    leads_ = true;
    loads_from_ = 0;
  }
  void ended() override;
  void commits(const cluster::entry& e, bool first) override;
  void committed(std::uint64_t index) override;
  void applied(std::uint64_t index) override;
  void request(const client_request& r) override;
  void settle() override;

  const domain::memory_records& records() const { return records_; }

private:
  struct proposal {
    std::uint64_t index = 0;
    std::uint64_t epoch = 0;
    std::uint64_t ticket = 0;
  };
  struct waiting_answer {
    std::uint64_t ticket = 0;
    client_request request;
    result<domain::reply> what;
    std::optional<proposal> write;  // what the answer stands for
    std::uint64_t shown = 0;        // the index that memory was of when it was decided
  };

  void load();
  void forget();
  void expire();
  instant now() const;
  /// False: refused; nothing is decided any more with this memory.
  bool propose(domain::decision& d);
  void release();
  void answer(const waiting_answer& a);

  queue_workload& all_;
  service_host& host_;
  domain::memory_records records_;
  bool leads_ = false;
  bool broken_ = false;
  std::optional<domain::project_state> state_;
  std::uint64_t loads_from_ = 0;   // once it knows that the state has this
  std::uint64_t known_state_ = 0;  // as it was told
  std::uint64_t memory_ = 0;       // the index that state_ is of, but for what is under way
  std::deque<proposal> under_way_;
  std::deque<proposal> unapplied_;  // committed
  std::deque<waiting_answer> answers_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t committed_ticket_ = 0;
};

}  // namespace taskdriver::simulation
