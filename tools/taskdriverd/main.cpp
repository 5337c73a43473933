// taskdriverd: reads its options, runs one node until it is told to stop. Exit codes: 0 stopped in
// order, 1 could not start or go on, 2 wrong options.
#include <cstdio>
#include <variant>

#include "base/log.hpp"
#include "base/open_files.hpp"
#include "tools/taskdriverd/options.hpp"
#include "tools/taskdriverd/server_node.hpp"
#include "tools/taskdriverd/stop_signal.hpp"

/// jemalloc reads this name (jemalloc(3), "TUNING"): what was freed goes back to the system after
/// 0.3 s instead of 10: tens of megabytes while tasks are created in bulk. The environment's
/// MALLOC_CONF wins.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "dirty_decay_ms:300";
}

namespace {

using namespace taskdriver;
using namespace taskdriver::server;

int run(const run_server& wanted) {
  stop_signal stop;  // before any thread, also the log's
  start_log({.format = wanted.options.log_format, .level = wanted.options.log_level});
  for (const auto& warning : wanted.warnings) log_event(log_level::warn, warning);
  auto node = server_node::start(wanted.options);
  if (!node) {
    log_event(log_level::error, "cannot start", {{"reason", node.error().text}});
    flush_log();
    return 1;
  }
  const int signal = stop.wait();
  log_event(log_level::info, "stopping", {{"signal", signal}});
  (*node)->stop();
  log_event(log_level::info, "stopped");
  flush_log();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  raise_open_files_limit();
  const auto outcome = parse_options(this_process(argc, argv));
  if (const auto* text = std::get_if<print_text>(&outcome)) {
    std::fputs(text->text.c_str(), stdout);
    return 0;
  }
  if (const auto* wrong = std::get_if<usage_error>(&outcome)) {
    std::fputs(wrong->text.c_str(), stderr);
    return 2;
  }
  return run(std::get<run_server>(outcome));
}
