// tdbench: puts load on a TaskDriver server and reports what it costs.
#include <atomic>
#include <csignal>
#include <iostream>

#include "base/open_files.hpp"
#include "tools/tdbench/bench_projects.hpp"
#include "tools/tdbench/modes.hpp"
#include "tools/tdbench/options.hpp"
#include "tools/tdbench/report.hpp"

namespace {

using namespace taskdriver;
using namespace taskdriver::bench;

std::atomic<bool> interrupted{false};

/// The first signal ends the measurement, a second one the process.
void listen_for_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

/// Prints what went wrong, if it did. Returns whether all is well.
bool report_failure(const result<void>& outcome) {
  if (!outcome) std::cerr << "tdbench: " << outcome.error().text << "\n";
  return outcome.ok();
}

bool resolve_servers(options& chosen) {
  for (const std::string& url : chosen.urls) {
    auto server = parse_endpoint(url);
    if (!server) {
      std::cerr << "tdbench: " << server.error().text << "\n";
      return false;
    }
    chosen.bench.servers.push_back(*server);
  }
  return true;
}

int run(const options& chosen) {
  run_context context{.bench = chosen.bench, .homes = {}, .interrupted = interrupted};
  std::vector<phase_result> results;
  bool well = report_failure(make_projects(chosen.bench, context.homes));
  if (well) {
    well = report_failure(run_phases(context, plan_phases(chosen), results));
    std::cout << (chosen.json ? render_json(chosen, results) : render_table(chosen, results))
              << std::flush;
  }
  if (!chosen.keep) well = report_failure(delete_projects(chosen.bench, context.homes)) && well;
  return well && !has_errors(results) ? exit_ok : exit_errors_seen;
}

}  // namespace

int main(int argc, char** argv) {
  options chosen;
  if (const auto code = parse_options(argc, argv, chosen)) return *code;
  if (!resolve_servers(chosen)) return exit_bad_usage;
  listen_for_signals();
  raise_open_files_limit();
  return run(chosen);
}
