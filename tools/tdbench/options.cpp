// Options, help texts and their examples.
#include "tools/tdbench/options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>

namespace taskdriver::bench {
namespace {

constexpr const char* description =
    "tdbench puts load on a TaskDriver server and measures it.\n"
    "It makes its own projects (bench-<time>-<pid>-<n>), logs each worker in as an agent of its\n"
    "own and deletes the projects at the end. Ctrl-C ends a run early and prints what was "
    "measured.";

constexpr const char* examples =
    "Options may stand before or after the mode. Examples:\n"
    "  tdbench cycle --admin-token-file data/admin.token\n"
    "  tdbench cycle --workers 256 --threads 2 --server-pid $(pidof taskdriverd)\n"
    "  tdbench backlog --tasks 10000000 --compare-empty --complete 5000000 --reads\n"
    "  tdbench tour --projects 10000 --tasks-each 100\n"
    "  tdbench latency --rate 200 --seconds 60 --json > latency.json\n"
    "  tdbench parked --polls 10000 --rate 50 --server-pid $(pidof taskdriverd)\n"
    "Exit codes: 0 all went well, 1 errors were seen, 2 bad usage.";

void add_target_options(CLI::App& app, options& out) {
  app.add_option("--url", out.urls, "server, http://HOST:PORT; several: workers are spread")
      ->capture_default_str();
  app.add_option("--admin-token", out.bench.admin_token, "the admin token")
      ->envname("TASKDRIVER_ADMIN_TOKEN");
  app.add_option("--admin-token-file", out.admin_token_file,
                 "file that holds the admin token; wins over --admin-token")
      ->check(CLI::ExistingFile);
  app.add_option("--api-key", out.bench.api_key, "for logins, if the server wants --auth keys");
  app.add_option("--projects", out.bench.projects, "projects to spread the workers over")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  app.add_flag("--keep", out.keep, "leave the projects there at the end");
}

void add_load_options(CLI::App& app, options& out) {
  app.add_option("--workers", out.workers, "connections, each an agent (parked: producers)")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  app.add_option("--threads", out.bench.threads, "client threads")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  app.add_option("--seconds", out.seconds, "measured time of each phase")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 86400.0));
  app.add_option("--warmup", out.warmup_s, "seconds of the same load before it is measured")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0));
}

void add_task_options(CLI::App& app, options& out) {
  app.add_option("--payload", out.bench.shape.payload_bytes, "bytes of a task's instructions")
      ->capture_default_str()
      ->check(CLI::Range(task_bytes_min, std::size_t{1} << 20));
  app.add_option("--result", out.bench.shape.result_bytes, "bytes of a task's result")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{0}, std::size_t{1} << 20));
  app.add_option("--variables", out.bench.shape.variables, "variables of a task, values unique")
      ->capture_default_str()
      ->check(CLI::Range(0, 100));
  out.bench.duplicates = "allow";
  app.add_option("--duplicates", out.bench.duplicates,
                 "duplicateHandling of the type; the tasks have no duplicates")
      ->capture_default_str()
      ->check(CLI::IsMember({"allow", "ignore", "fail"}));
}

void add_output_options(CLI::App& app, options& out) {
  app.add_option("--server-pid", out.bench.server_pids,
                 "process of the server (several for a cluster): reports its CPU and memory");
  app.add_flag("--json", out.json, "print one JSON object and no table");
}

CLI::App* add_mode(CLI::App& app, options& out, bench_mode mode, const char* name,
                   const char* text) {
  CLI::App* const sub = app.add_subcommand(name, text);
  sub->fallthrough();
  sub->footer("Options of all modes: tdbench --help");
  sub->final_callback([&out, mode, name] {
    out.mode = mode;
    out.mode_name = name;
  });
  return sub;
}

void add_modes(CLI::App& app, options& out) {
  add_mode(app, out, bench_mode::cycle, "cycle", "create, claim and complete, in a closed loop");
  add_mode(app, out, bench_mode::enqueue, "enqueue", "create only");
  auto* const bulk = add_mode(app, out, bench_mode::bulk, "bulk", "create by tasks/bulk only");
  auto* const backlog = add_mode(app, out, bench_mode::backlog, "backlog",
                                 "load --tasks by bulk, then cycle, then claim and complete them");
  auto* const retries = add_mode(app, out, bench_mode::retries, "retries",
                                 "load --tasks by bulk, claim and fail them, then cycle");
  add_mode(app, out, bench_mode::ceiling, "ceiling",
           "a page of the HTTP layer, then a question to an actor: no store");
  auto* const neighbour = add_mode(app, out, bench_mode::neighbour, "neighbour",
                                   "latency alone, then beside a noisy project");
  auto* const deletion = add_mode(app, out, bench_mode::deletion, "deletion",
                                  "latency alone, then while a project with --tasks is deleted");
  auto* const tour = add_mode(app, out, bench_mode::tour, "tour",
                              "load tasks into each of --projects, cycle in one, then in all");
  for (CLI::App* const sub : {bulk, backlog, retries}) {
    sub->add_option("--batch", out.bench.batch, "tasks of one bulk request")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
  }
  for (CLI::App* const sub : {backlog, retries, deletion})
    sub->add_option("--tasks", out.tasks, "tasks to load first")->capture_default_str();
  tour->add_option("--tasks-each", out.tasks_each, "tasks of each project")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  retries->add_option("--attempts", out.attempts, "so many, however long it takes");
  backlog->add_option("--complete", out.complete,
                      "claim and complete so many, however long it takes, and cycle again");
  backlog->add_flag("--reads", out.reads, "then pages of tasks, peek and statistics");
  neighbour->add_option("--noise", out.noise_workers, "workers of the noisy project")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  backlog->add_flag("--compare-empty", out.compare_empty,
                    "run the same cycles on an empty queue, too, and compare");
  auto* const latency = add_mode(app, out, bench_mode::latency, "latency",
                                 "cycles at a fixed rate, latency from the scheduled start");
  auto* const parked = add_mode(app, out, bench_mode::parked, "parked",
                                "long-polls wait, tasks are created at a fixed rate");
  for (CLI::App* const sub : {latency, parked, neighbour, deletion}) {
    sub->add_option("--rate", out.rate, "cycles (parked: tasks) per second")
        ->capture_default_str()
        ->check(CLI::Range(0.01, 1e6));
  }
  parked->add_option("--polls", out.polls, "parked long-polls, each an agent")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  parked->add_option("--wait-seconds", out.wait_seconds, "waitSeconds of a poll")
      ->capture_default_str()
      ->check(CLI::Range(1, 60));
  parked->add_option("--quiet", out.quiet_s, "seconds without tasks, to measure idle CPU")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0));
}

bool read_token_file(options& out) {
  if (out.admin_token_file.empty()) return true;
  std::ifstream file(out.admin_token_file);
  return static_cast<bool>(file >> out.bench.admin_token);
}

}  // namespace

std::optional<int> parse_options(int argc, char** argv, options& out) {
  CLI::App app(description);
  app.footer(examples);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  add_target_options(app, out);
  add_load_options(app, out);
  add_task_options(app, out);
  add_output_options(app, out);
  add_modes(app, out);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    return app.exit(stop) == 0 ? exit_ok : exit_bad_usage;
  }
  // The noisy project is one of its own, and so are the one that is deleted and the empty one.
  if (out.mode == bench_mode::neighbour || out.mode == bench_mode::deletion || out.compare_empty)
    out.bench.projects = std::max(out.bench.projects, 2);
  if (out.mode == bench_mode::tour) out.bench.batch = out.tasks_each;
  if (read_token_file(out) && !out.bench.admin_token.empty()) return std::nullopt;
  std::cerr << "an admin token is needed: --admin-token, --admin-token-file or "
               "TASKDRIVER_ADMIN_TOKEN\n";
  return exit_bad_usage;
}

}  // namespace taskdriver::bench
