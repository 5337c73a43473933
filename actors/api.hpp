// The actors as http/ sees them: hand in requests, read a few numbers, start and stop.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/messages.hpp"
#include "domain/cluster_view.hpp"

namespace taskdriver::actors {

/// Counts of one project, for /metrics; only projects that are in memory report.
struct project_gauges {
  std::string name;
  std::uint64_t queued = 0;
  std::uint64_t running = 0;
  double oldest_queued_s = 0;
  std::uint64_t parked_polls = 0;
};

/// Counted since start, over all projects of this node.
struct queue_totals {
  std::uint64_t tasks_created = 0;
  std::uint64_t claims = 0;   // new grants
  std::uint64_t resumes = 0;  // a grant given again to its holder
  std::uint64_t completions = 0;
  std::uint64_t failures = 0;     // final ones
  std::uint64_t retries = 0;      // back to the queue after a failure or timeout
  std::uint64_t expirations = 0;  // leases that ran out
  std::uint64_t logins = 0;
  std::uint64_t creations_waiting = 0;  // now, large ones that wait until others are done
  std::uint64_t sessions = 0;           // valid ones now, in loaded projects
  std::uint64_t parked_polls = 0;       // now
  std::uint64_t projects_loaded = 0;    // now
  std::uint64_t queued = 0;             // now, in loaded projects
  std::uint64_t running = 0;
  double oldest_queued_s = 0;  // the oldest over all loaded projects
};

/// What becomes of requests that another node serves, counted since start.
struct forwarding_totals {
  std::uint64_t answered = 0;   // sent to another node, which answered
  std::uint64_t moved = 0;      // which said that it does not serve the shard
  std::uint64_t not_sent = 0;   // which could not be reached
  std::uint64_t unknown = 0;    // which gave no answer
  std::uint64_t retries = 0;    // tries after the first one, also for want of a primary
  std::uint64_t abandoned = 0;  // answered 503 because no node served them in time
  std::uint64_t cancelled = 0;  // their clients hung up
  std::uint64_t received = 0;   // from other nodes
  std::uint64_t under_way = 0;  // now, sent and unanswered
  std::uint64_t waiting = 0;    // now, for a node that serves them
};

/// Thread: any, for every method.
class task_api {
public:
  virtual ~task_api() = default;
  /// Never blocks. Every request gets exactly one answer.
  virtual void handle(request_ptr request) = 0;
  virtual queue_totals totals() const = 0;
  /// The `limit` projects with the deepest queues: bounds the label values of the metrics.
  virtual std::vector<project_gauges> deepest_projects(std::size_t limit) const = 0;
  virtual forwarding_totals forwarding() const { return {}; }
};

/// Renders the answer to one request that came from another node. Thread: one owner, any.
class answer_renderer {
public:
  virtual ~answer_renderer() = default;
  virtual rendered_answer render(const answer& a) = 0;
};

/// What http/ makes of a request that came from another node.
struct read_request {
  destination to;
  operation what;
  std::unique_ptr<answer_renderer> renderer;
};

/// The other end of api_request::wire(), implemented by http/. Thread: any.
class request_reader {
public:
  virtual ~request_reader() = default;
  /// `from` was checked by the node that the client talked to. Fails: as the handlers do, when the
  /// two nodes are of different versions.
  virtual result<read_request> read(std::string_view wire, const credentials& from) const = 0;
};

/// Is this node able to work? From the storage and the replicas; see /health.
struct node_health {
  bool writable = true;
  bool alone = false;  // serves nothing, and reaches no other node that could
  std::string reason;  // why not

  bool able() const { return writable && !alone; }
};

/// Latencies and sizes of the fsyncs of this node's log, cumulative as Prometheus wants them.
struct log_statistics {
  static constexpr std::array<double, 12> latency_bounds_s = {
      0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2};
  static constexpr std::array<double, 8> batch_bounds = {1, 2, 4, 8, 16, 32, 128, 1024};
  std::array<std::uint64_t, latency_bounds_s.size() + 1> latency_counts{};  // per bucket
  std::array<std::uint64_t, batch_bounds.size() + 1> batch_counts{};
  double latency_sum_s = 0;
  std::uint64_t fsyncs = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

/// What the database of this node takes, about.
struct storage_statistics {
  std::uint64_t disk_bytes = 0;    // tables; without the write-ahead log
  std::uint64_t memory_bytes = 0;  // what is not flushed, and the cache
  std::uint64_t unmerged_files = 0;
};

class node_status {
public:
  virtual ~node_status() = default;
  virtual node_health health() const = 0;
  virtual log_statistics log() const = 0;
  virtual storage_statistics storage() const = 0;
  /// nullopt: a node by itself.
  virtual std::optional<domain::cluster_numbers> cluster() const { return std::nullopt; }
};

}  // namespace taskdriver::actors
