// What a level of the simulation adds to a replica: a state, and its service while it leads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/sim_disk.hpp"

namespace taskdriver::simulation {

using payload_ptr = std::shared_ptr<const std::string>;

/// What a service may ask of the replica it belongs to.
class service_host {
public:
  /// The index of the first payload; nothing if the replica refuses, or lost the shard over it.
  virtual std::optional<std::uint64_t> propose(std::vector<payload_ptr> payloads) = 0;
  /// Whether a request that was taken from the queue just now may be answered (P7).
  virtual bool may_answer() const = 0;
  virtual std::int64_t now_ms() const = 0;
  virtual std::int64_t wall_ms() const = 0;
  /// Of the entries that may be told of, and of those that the state has.
  virtual std::uint64_t committed_index() const = 0;
  virtual std::uint64_t applied_index() const = 0;
  /// The state shall soon have everything that is committed.
  virtual void hasten() = 0;
  virtual node_index node() const = 0;
  virtual shard_index shard() const = 0;

protected:
  ~service_host() = default;
};

/// Thread: one. Belongs to one life of a node: a crash destroys it.
class shard_service {
public:
  virtual ~shard_service() = default;

  /// The state is `data` from now on; null = empty.
  virtual void restore(const std::shared_ptr<const state_data>& data) = 0;
  virtual void apply(const cluster::entry& e) = 0;
  virtual std::shared_ptr<const state_data> snapshot() const = 0;

  /// It leads, and the state has everything that was ever acknowledged.
  virtual void ready() = 0;
  virtual void ended() = 0;
  /// On every replica, in order; the state gets the entry later. `first`: of all replicas.
  virtual void commits(const cluster::entry& e, bool first) = 0;
  /// What is committed up to `index` may be told.
  virtual void committed(std::uint64_t index) = 0;
  /// The state has everything up to `index`; it may have more.
  virtual void applied(std::uint64_t index) = 0;
  virtual void request(const client_request& r) = 0;
  /// Between inputs; here, and in request(), it may propose.
  virtual void settle() = 0;
};

}  // namespace taskdriver::simulation
