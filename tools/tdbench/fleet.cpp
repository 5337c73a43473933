// The conductor of a phase: moves it from stage to stage and reads the meters at both ends.
#include "tools/tdbench/fleet.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "tools/tdbench/bench_projects.hpp"
#include "tools/tdbench/control_client.hpp"
#include "tools/tdbench/fleet_lane.hpp"

namespace taskdriver::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_every{20};
constexpr double login_patience_s = 120;
/// A producer may run a little over its schedule.
constexpr double board_slack = 2;

struct meters {
  double client_cpu_s = 0;
  std::optional<process_usage> server;
  std::optional<double> fsyncs;
  std::int64_t at_ns = 0;
};

std::optional<double> scrape_fsyncs(const settings& bench) {
  std::optional<double> sum;
  for (const endpoint& server : bench.servers) {
    const auto text = ask_for_success(server, "GET", "/metrics", bench.admin_token);
    const auto count = text ? find_fsync_count(*text) : std::nullopt;
    if (count) sum = sum.value_or(0) + *count;
  }
  return sum;
}

/// One phase under way. Owns its threads; they end with stop().
class conductor {
public:
  conductor(run_context& run, const phase_plan& plan)
      : run_(run),
        plan_(plan),
        state_(run.bench, plan, run.task_numbers),
        noise_state_(run.bench, plan, run.task_numbers) {
    result_.plan = plan;
    if (plan.polls > 0) {
      const double tasks = plan.rate * (plan.seconds + plan.warmup_s) * board_slack + 1000;
      board_ = std::make_unique<delivery_board>(run.task_numbers, static_cast<std::size_t>(tasks));
      state_.board = board_.get();
    }
    if (plan.place == work_place::tour) state_.tour = &run.homes;
    fill_lanes();
  }
  ~conductor() { stop(); }
  conductor(const conductor&) = delete;
  conductor& operator=(const conductor&) = delete;

  result<phase_result> conduct() {
    rss_without_kb_ = read_rss_kb(run_.bench.server_pids);
    for (auto& lane : lanes_) threads_.emplace_back([own = lane.get()] { own->run(); });
    if (noise_) threads_.emplace_back([this] { noise_->run(); });
    wait(login_patience_s, [this] { return all_logged_in(); });
    if (!all_logged_in() && !run_.interrupted) {
      state_.fail("the agents could not log in within two minutes");
    }
    if (state_.failure().empty() && plan_.polls > 0) park();
    if (state_.failure().empty()) work();
    stop();
    if (!state_.failure().empty())
      return error_info{.code = errc::unavailable, .text = state_.failure()};
    if (!noise_state_.failure().empty())
      return error_info{.code = errc::unavailable, .text = noise_state_.failure()};
    collect();
    return std::move(result_);
  }

private:
  void fill_lanes();
  /// The noisy ones too: who is still logging in cannot begin to work.
  bool all_logged_in() const {
    return state_.logged_in == plan_.workers + plan_.polls &&
           noise_state_.logged_in == plan_.noise_workers;
  }
  const task_home& home_of(std::size_t worker) const;
  void delete_last();
  void enter(run_stage stage);
  template <class Condition>
  void wait(double seconds, Condition done);
  void park();
  void work();
  void stop();
  meters read_meters() const;
  void compare(const meters& before, const meters& after);
  void collect();

  run_context& run_;
  const phase_plan& plan_;
  phase_state state_;
  phase_state noise_state_;  // its agents log in and end beside those that are measured
  std::unique_ptr<delivery_board> board_;
  std::vector<std::unique_ptr<fleet_lane>> lanes_;
  std::unique_ptr<fleet_lane> noise_;
  std::vector<std::thread> threads_;
  phase_result result_;
  std::uint64_t rss_without_kb_ = 0;
  std::uint64_t rss_max_kb_ = 0;
};

void conductor::fill_lanes() {
  const int count = std::min(run_.bench.threads, plan_.workers + plan_.polls);
  for (int i = 0; i < count; ++i) {
    lanes_.push_back(std::make_unique<fleet_lane>(state_, plan_.rate / count));
  }
  const std::string prefix = "bench-" + std::to_string(++run_.phases_begun) + "-";
  const auto identity = [&](int number) -> agent_identity {
    const auto index = static_cast<std::size_t>(number);
    return {prefix + std::to_string(number), run_.bench.servers[index % run_.bench.servers.size()],
            home_of(index)};
  };
  for (int i = 0; i < plan_.workers; ++i) lanes_[i % count]->add_worker(identity(i));
  for (int i = 0; i < plan_.polls; ++i) lanes_[i % count]->add_poll(identity(plan_.workers + i));
  if (plan_.noise_workers == 0) return;
  noise_ = std::make_unique<fleet_lane>(noise_state_, 0);
  for (int i = 0; i < plan_.noise_workers; ++i)
    noise_->add_worker(
        {prefix + "noise-" + std::to_string(i), run_.bench.servers.front(), run_.homes.back()});
}

const task_home& conductor::home_of(std::size_t worker) const {
  const auto& homes = run_.homes;
  if (plan_.place == work_place::last) return homes.back();
  return homes[worker % (homes.size() - (plan_.place == work_place::but_last ? 1 : 0))];
}

void conductor::delete_last() {
  if (auto deleted = delete_projects(run_.bench, {run_.homes.back()}); !deleted)
    return state_.fail(deleted.error().text);
  run_.homes.pop_back();
}

void conductor::enter(run_stage stage) {
  state_.stage = stage;
  noise_state_.stage = stage;
  if (noise_) noise_->loop.wake();
  for (auto& lane : lanes_) lane->loop.wake();
}

/// Until `done`, a failure, an interrupt or the time is over; watches the server's memory.
template <class Condition>
void conductor::wait(double seconds, Condition done) {
  const std::int64_t end_ns = steady_ns() + static_cast<std::int64_t>(seconds * 1e9);
  for (int looks = 0; steady_ns() < end_ns && !done(); ++looks) {
    if (run_.interrupted || !state_.failure().empty()) return;
    if (looks % 5 == 0) {
      rss_max_kb_ = std::max(rss_max_kb_, read_rss_kb(run_.bench.server_pids));
    }
    const auto left = std::chrono::nanoseconds(end_ns - steady_ns());
    std::this_thread::sleep_for(std::clamp<std::chrono::nanoseconds>(left, {}, look_every));
  }
}

void conductor::park() {
  const auto never = [] { return false; };
  const auto& pids = run_.bench.server_pids;
  parked_figures figures;
  figures.polls = plan_.polls;
  figures.rss_without_kb = rss_without_kb_;
  figures.rss_logged_in_kb = read_rss_kb(pids);
  enter(run_stage::parking);
  wait(plan_.settle_s, never);
  figures.rss_parked_kb = read_rss_kb(pids);
  const auto before = read_usage(pids);
  const std::int64_t begun_ns = steady_ns();
  wait(plan_.quiet_s, never);
  const auto after = read_usage(pids);
  figures.quiet_s = static_cast<double>(steady_ns() - begun_ns) / 1e9;
  if (before && after) figures.quiet_cpu_s = after->cpu_s - before->cpu_s;
  result_.parked = figures;
}

void conductor::work() {
  const auto all_done = [this] { return state_.finished == plan_.workers; };
  if (plan_.warmup_s > 0) {
    enter(run_stage::working);
    wait(plan_.warmup_s, all_done);
  }
  rss_max_kb_ = 0;
  const meters before = read_meters();
  enter(run_stage::measuring);
  if (plan_.deletes_last) delete_last();
  wait(plan_.seconds, all_done);
  const meters after = read_meters();
  enter(run_stage::stopping);
  compare(before, after);
}

void conductor::stop() {
  enter(run_stage::stopping);
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

meters conductor::read_meters() const {
  // The scrape comes first: it takes longest, and the time is read last.
  meters now;
  now.fsyncs = scrape_fsyncs(run_.bench);
  now.server = read_usage(run_.bench.server_pids);
  now.client_cpu_s = own_cpu_s();
  now.at_ns = steady_ns();
  return now;
}

void conductor::compare(const meters& before, const meters& after) {
  result_.seconds = static_cast<double>(after.at_ns - before.at_ns) / 1e9;
  result_.client_cpu_s = after.client_cpu_s - before.client_cpu_s;
  result_.interrupted = run_.interrupted;
  if (before.fsyncs && after.fsyncs) result_.fsyncs = *after.fsyncs - *before.fsyncs;
  if (!before.server || !after.server) return;
  server_figures figures;
  figures.cpu_s = after.server->cpu_s - before.server->cpu_s;
  figures.context_switches = after.server->context_switches - before.server->context_switches;
  figures.rss_before_kb = before.server->rss_kb;
  figures.rss_after_kb = after.server->rss_kb;
  figures.rss_max_kb = std::max({rss_max_kb_, figures.rss_before_kb, figures.rss_after_kb});
  result_.server = figures;
}

void conductor::collect() {
  for (const auto& lane : lanes_) {
    result_.stats.merge(lane->stats);
    result_.unstarted += lane->unstarted();
  }
  if (!result_.parked) return;
  result_.parked->tasks_sent = board_->sent_count();
  result_.parked->tasks_delivered = board_->delivered_count();
  result_.parked->delivered_again = board_->repeated_count();
  result_.parked->answered_early = board_->early_count();
}

}  // namespace

result<phase_result> run_phase(run_context& run, const phase_plan& plan) {
  conductor phase(run, plan);
  return phase.conduct();
}

}  // namespace taskdriver::bench
