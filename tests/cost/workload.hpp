// The operations whose costs are kept in the tree, each done a given number of times.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/cost/cost_node.hpp"
#include "tools/tdbench/requests.hpp"

namespace taskdriver::cost {

/// One project with one type, and 64 agents that do the same at the same time: create, claim and
/// complete tasks of 300 bytes with results of 200, as `tdbench cycle` does.
/// Thread: one. Owns: nothing; the node must outlive it.
class workload {
public:
  explicit workload(cost_node& node);

  /// `what` is one of names(). An operation is one cycle, one request or, of bulk, one task.
  /// Rounded up to whole rounds of all agents, or whole bulk requests.
  void run(std::string_view what, std::size_t operations);
  static const std::vector<std::string_view>& names();

private:
  struct agent {
    std::string name;
    bench::create_request create;
    std::string claim;
    bench::ending_request complete;
    std::string task_id;  // under its lease
  };

  void log_in(std::size_t agents);
  void create();
  void claim();
  void complete();
  void bulk();

  cost_node& node_;
  bench::task_home home_;
  bench::task_shape shape_;
  std::vector<agent> agents_;
  std::string stats_;
  std::vector<bench::create_request> bulk_;  // one, made when it is first needed
  bench::caller first_;
  std::uint64_t next_number_ = 0;
};

}  // namespace taskdriver::cost
