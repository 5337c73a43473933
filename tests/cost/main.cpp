// operation_cost DIR OPERATION COUNT [PREPARED]: does one operation COUNT times on a new node,
// after PREPARED tasks were queued in bulk. Run twice under callgrind with different COUNTs, the
// difference is the operation's cost without the start.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/cost/workload.hpp"

int main(int argc, char** argv) {
  using taskdriver::cost::workload;
  if (argc != 4 && argc != 5) {
    std::fprintf(stderr, "usage: operation_cost DIR OPERATION COUNT [PREPARED]\noperations:");
    for (const std::string_view name : workload::names()) std::fprintf(stderr, " %s", name.data());
    std::fprintf(stderr, "\n");
    return 2;
  }
  taskdriver::cost::cost_node node(argv[1]);
  workload load(node);
  if (argc == 5) load.run("bulk", std::strtoull(argv[4], nullptr, 10));
  load.run(argv[2], std::strtoull(argv[3], nullptr, 10));
}
