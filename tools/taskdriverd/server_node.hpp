// One node, put together: storage, replicas, actors and HTTP, started and stopped in this order.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "tools/taskdriverd/options.hpp"

namespace taskdriver::server {

/// ```
///   start:  data directory --> recovery --> admin token --> actors --> bootstrap --> listening
///   stop:   no new connections --> parked polls answered --> drained --> actors --> flushed
/// ```
/// Thread: main. Owns: everything the server is made of.
/// Fails: start() with the reason, nothing is then left running; a disk that fails later ends the
/// process with exit code 1.
class server_node {
public:
  static result<std::unique_ptr<server_node>> start(const server_options& options);
  ~server_node();

  /// Answers what is under way and closes the store; within 10 s or the process is ended.
  void stop();

private:
  struct parts;
  explicit server_node(std::unique_ptr<parts> p);
  std::unique_ptr<parts> parts_;
};

}  // namespace taskdriver::server
