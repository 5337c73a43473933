// Forked processes share a counter of seeds and report through one pipe.
#include "tests/simulation/seed_runner.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <new>

#include "base/check.hpp"

namespace taskdriver::simulation {
namespace {

constexpr std::uint32_t jobs_max = 64;
constexpr std::time_t history_cpu_seconds_max = 60;

/// SIGPROF ends this process when it has used so much from now on. Its own time, not the clock's: a
/// machine that is stopped or busy for a minute says nothing about the history.
void limit_cpu_time() {
  const itimerval once{.it_interval = {}, .it_value = {history_cpu_seconds_max, 0}};
  TASKDRIVER_CHECK(setitimer(ITIMER_PROF, &once, nullptr) == 0, "a limit for the history");
}

/// In memory that all processes see.
struct shared_progress {
  std::atomic<std::uint64_t> next_seed{0};
  std::atomic<std::uint64_t> broken{0};
  std::atomic<std::uint64_t> current[jobs_max]{};  // 0 = between two
};

/// One history, small enough to be written to the pipe in one piece.
struct pipe_record {
  std::uint64_t seed = 0;
  std::int64_t at_ms = 0;
  history_counts counts;
  char broken[120] = {};
};

class fleet {
public:
  fleet(const seed_range& range, const std::function<void(const seed_report&)>& progress)
      : range_(range), progress_(progress), deadline_(clock::now() + limit(range)) {
    auto* memory = mmap(nullptr, sizeof(shared_progress), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    TASKDRIVER_CHECK(memory != MAP_FAILED, "shared memory for the seeds");
    shared_ = new (memory) shared_progress;
    shared_->next_seed = range.first;
  }
  ~fleet() { munmap(shared_, sizeof(shared_progress)); }
  fleet(const fleet&) = delete;
  fleet& operator=(const fleet&) = delete;

  seed_report run() {
    while (!over()) run_round();
    std::sort(report_.broken.begin(), report_.broken.end(),
              [](const auto& a, const auto& b) { return a.seed < b.seed; });
    return std::move(report_);
  }

private:
  using clock = std::chrono::steady_clock;

  static std::chrono::seconds limit(const seed_range& range) {
    return std::chrono::seconds(range.seconds_max > 0 ? range.seconds_max : 1'000'000);
  }
  bool over() const {
    return shared_->next_seed >= range_.first + range_.count ||
           shared_->broken >= range_.failures_max || clock::now() >= deadline_;
  }

  /// Until every process is through, or dead.
  void run_round() {
    int ends[2];
    TASKDRIVER_CHECK(pipe2(ends, O_CLOEXEC) == 0, "a pipe for the reports");
    std::vector<pid_t> children;
    for (std::uint32_t job = 0; job < std::min(range_.jobs, jobs_max); ++job) {
      const auto child = fork();
      TASKDRIVER_CHECK(child >= 0, "a process for histories");
      if (child == 0) live(job, ends[1]);
      children.push_back(child);
    }
    close(ends[1]);
    pipe_record record;
    while (read(ends[0], &record, sizeof record) == sizeof record) take(record);
    close(ends[0]);
    for (std::uint32_t job = 0; job < children.size(); ++job) bury(children[job], job);
  }

  [[noreturn]] void live(std::uint32_t job, int out) {
    // A failed check ends this process; Boost.Test would go on here with the parent's tests.
    for (const int died : {SIGABRT, SIGSEGV, SIGPROF}) std::signal(died, SIG_DFL);
    if (range_.mutant) plant(*range_.mutant);
    if (range_.quiet) dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
    while (!over()) {
      const auto seed = shared_->next_seed.fetch_add(1);
      if (seed >= range_.first + range_.count) break;
      shared_->current[job] = seed;
      limit_cpu_time();
      tell(seed, out);
      shared_->current[job] = 0;
    }
    _exit(0);
  }

  void tell(std::uint64_t seed, int out) {
    auto options = range_.options;
    options.seed = seed;
    const auto outcome = world(options).run();
    pipe_record record{.seed = seed, .at_ms = outcome.at_us / 1000, .counts = outcome.counts};
    std::strncpy(record.broken, outcome.broken.c_str(), sizeof record.broken - 1);
    if (!outcome.broken.empty()) ++shared_->broken;
    static_assert(sizeof record < 512, "a record is written in one piece");
    TASKDRIVER_CHECK(write(out, &record, sizeof record) == sizeof record, "the report is read");
  }

  void take(const pipe_record& record) {
    ++report_.histories;
    report_.counts.add(record.counts);
    if (record.broken[0] != '\0')
      report_.broken.push_back({record.seed, record.at_ms, record.broken});
    if (progress_) progress_(report_);
  }

  void bury(pid_t child, std::uint32_t job) {
    int status = 0;
    waitpid(child, &status, 0);
    const auto seed = shared_->current[job].exchange(0);
    if (seed == 0) return;
    ++shared_->broken;
    const auto* why = WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF
                          ? "the history does not come to an end"
                          : "a check of the replica failed";
    report_.broken.push_back({seed, 0, why});
  }

  const seed_range& range_;
  const std::function<void(const seed_report&)>& progress_;
  clock::time_point deadline_;
  shared_progress* shared_ = nullptr;
  seed_report report_;
};

}  // namespace

seed_report run_seeds(const seed_range& range,
                      const std::function<void(const seed_report&)>& progress) {
  return fleet(range, progress).run();
}

}  // namespace taskdriver::simulation
