// The clients of a simulated cluster: one kind per level.
#pragma once

#include <memory>

#include "tests/simulation/events.hpp"
#include "tests/simulation/shard_service.hpp"

namespace taskdriver::simulation {

/// Thread: one. Fails: throws violation.
class workload {
public:
  virtual ~workload() = default;

  virtual std::unique_ptr<shard_service> make_service(service_host& host) = 0;
  virtual void begin() = 0;
  virtual void act(std::uint32_t client) = 0;
  virtual void hear(const client_hears& what) = 0;

  /// The faults are over: what is asked from now on must be answered.
  virtual void faults_ended() = 0;
  /// Whether every client got what it wanted since then.
  virtual bool satisfied() const = 0;
  /// Replicas agree and nothing is under way: are their states what clients were told?
  virtual void judge_end() = 0;
};

}  // namespace taskdriver::simulation
