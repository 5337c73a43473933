// tdctl verify and dump: looks into data directories, also while a server has them open, and
// changes nothing.
#include "tools/tdctl/inspect_commands.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <ostream>

#include "tools/inspect/directory_dump.hpp"
#include "tools/inspect/verify_report.hpp"
#include "tools/tdctl/cluster_texts.hpp"
#include "tools/tdctl/commands.hpp"
#include "tools/tdctl/server_access.hpp"

namespace taskdriver::tdctl {
namespace {

/// One line on a terminal that is written over as the work goes on.
class progress_line {
public:
  progress_line() : wanted_(::isatty(STDERR_FILENO) == 1) {}
  ~progress_line() {
    if (shown_) std::fprintf(stderr, "\r\033[K");
  }
  void show(const std::string& path, shard_id shard, std::uint64_t records) {
    if (!wanted_) return;
    shown_ = true;
    std::fprintf(stderr, "\r\033[K%s: shard %u, %llu records", path.c_str(), unsigned{raw(shard)},
                 static_cast<unsigned long long>(records));
  }

private:
  const bool wanted_;
  bool shown_ = false;
};

/// Those that can be opened; shards are numbered alike only within one cluster.
std::vector<inspect::data_directory> open_all(const std::vector<std::string>& paths,
                                              inspect::verify_report& report) {
  std::vector<inspect::data_directory> opened;
  for (const std::string& path : paths) {
    auto one = inspect::data_directory::open(path);
    if (!one) {
      report.unopened.push_back({path, one.error().text});
    } else if (!opened.empty() &&
               one->store->format.shard_count != opened.front().store->format.shard_count) {
      report.unopened.push_back({path, "has another number of shards than " + opened.front().path +
                                           ": not of one cluster"});
    } else {
      opened.push_back(std::move(*one));
    }
  }
  return opened;
}

struct dump_arguments {
  std::string directory;
  std::uint16_t shard = 0;
  std::uint32_t project = 0;
  bool only_log = false;
  bool only_state = false;
  inspect::dump_options options;
};

int run_dump(const dump_arguments& given, const console& to) {
  auto opened = inspect::data_directory::open(given.directory);
  if (!opened) return failed(to, opened.error());
  auto dumped = inspect::dump_directory(*opened, given.options, to.out);
  return dumped ? exit_ok : failed(to, dumped.error());
}

}  // namespace

int verify_directories(const std::vector<std::string>& paths, bool single, bool as_json,
                       const console& to) {
  inspect::verify_report report;
  auto opened = open_all(paths, report);
  inspect::check_options options;
  options.single = single;
  options.checksums = opened.size() > 1;
  if (opened.size() > 1) options.up_to = inspect::comparable_indexes(opened);
  {
    progress_line line;
    for (inspect::data_directory& each : opened) {
      options.on_progress = [&](shard_id shard, std::uint64_t records) {
        line.show(each.path, shard, records);
      };
      report.directories.push_back(inspect::check_directory(each, options));
    }
  }
  if (opened.size() > 1)
    report.comparisons = inspect::compare_replicas(report.directories, options.up_to);
  as_json ? inspect::print_json(report, to.out) : inspect::print_text(report, to.out);
  return report.clean() ? exit_ok : exit_failed;
}

action add_dump(CLI::App& to) {
  const auto given = std::make_shared<dump_arguments>();
  to.description(
      "Prints what a data directory has on disk, which may be in use. Values are decoded; what\n"
      "cannot be is hex after the word \"malformed\". Tokens are not shown, but instructions,\n"
      "variables and results are: keep a dump to yourself");
  give_examples(to,
                "  tdctl dump /var/lib/taskdriver --project 7 --state --limit 100\n"
                "  tdctl dump /var/lib/taskdriver --shard 3 --log --json");
  to.add_option("DIR", given->directory, "the data directory; changed in no way")->required();
  auto* const shard = to.add_option("--shard", given->shard, "only this shard");
  auto* const project =
      to.add_option("--project", given->project, "only this project's number; 0: the directory");
  auto* const log = to.add_flag("--log", given->only_log, "only the log");
  to.add_flag("--state", given->only_state, "only the state")->excludes(log);
  to.add_option("--limit", given->options.lines_max, "at most so many entries and keys");
  to.add_flag("--json", given->options.json, "print one JSON object a line");
  return [given, shard, project](console& c) {
    if (*shard) given->options.shard = shard_id{given->shard};
    if (*project) given->options.project = project_number{given->project};
    given->options.log = !given->only_state;
    given->options.state = !given->only_log;
    return run_dump(*given, c);
  };
}

}  // namespace taskdriver::tdctl
