// From options to phases.
#include "tools/tdbench/modes.hpp"

#include <algorithm>
#include <iostream>

namespace taskdriver::bench {
namespace {

const std::vector<measure> whole_cycle{measure::create, measure::claim, measure::complete};

/// Loading ends by its count; this only bounds a server that does not get on.
constexpr double load_seconds_max = 4 * 3600;

phase_plan closed_loop(const options& chosen, std::string name, std::vector<measure> script,
                       std::string unit) {
  phase_plan plan;
  plan.name = std::move(name);
  plan.unit = std::move(unit);
  plan.script = std::move(script);
  plan.workers = chosen.workers;
  plan.warmup_s = chosen.warmup_s;
  plan.seconds = chosen.seconds;
  return plan;
}

phase_plan plan_load(const options& chosen, std::uint64_t tasks) {
  phase_plan load = closed_loop(chosen, "load", {measure::bulk}, "tasks");
  load.tasks_max = tasks;
  load.warmup_s = 0;
  load.seconds = load_seconds_max;
  return load;
}

/// So many operations, however long they take; 0 = as many as the time allows.
void bound_by_count(phase_plan& plan, std::uint64_t operations) {
  if (operations == 0) return;
  plan.tasks_max = operations;
  plan.warmup_s = 0;
  plan.seconds = load_seconds_max;
}

/// What should cost the same however many tasks there are: four at a time, so that the figures are
/// of the requests and not of their queue.
void add_reads(const options& chosen, std::vector<phase_plan>& plans) {
  for (const auto kind : {measure::first_page, measure::next_page, measure::peek, measure::stats}) {
    phase_plan reads = closed_loop(chosen, std::string(name_of(kind)), {kind}, "requests");
    reads.workers = std::min(chosen.workers, 4);
    if (chosen.compare_empty) reads.place = work_place::but_last;
    plans.push_back(std::move(reads));
  }
}

/// Draining millions takes minutes, in which the machine may have become another one: so what
/// follows is compared with an empty queue of then.
std::vector<phase_plan> plan_backlog(const options& chosen) {
  phase_plan drain = closed_loop(chosen, "drain", {measure::claim, measure::complete}, "tasks");
  drain.ends_when_empty = true;
  bound_by_count(drain, chosen.complete);
  const bool again = chosen.complete > 0;
  std::vector<phase_plan> plans = {plan_load(chosen, chosen.tasks),
                                   closed_loop(chosen, "loaded", whole_cycle, "cycles"), drain};
  if (again) plans.push_back(closed_loop(chosen, "drained", whole_cycle, "cycles"));
  if (chosen.compare_empty) {
    for (phase_plan& plan : plans) plan.place = work_place::but_last;
    phase_plan empty = closed_loop(chosen, "empty", whole_cycle, "cycles");
    empty.place = work_place::last;
    plans.insert(plans.begin(), empty);
    empty.name = "empty again";
    if (again) plans.push_back(empty);
  }
  if (chosen.reads) add_reads(chosen, plans);
  return plans;
}

phase_plan plan_latency(const options& chosen) {
  phase_plan plan = closed_loop(chosen, "latency", whole_cycle, "cycles");
  plan.rate = chosen.rate;
  return plan;
}

phase_plan plan_parked(const options& chosen) {
  phase_plan plan = closed_loop(chosen, "parked", {measure::create}, "tasks");
  plan.rate = chosen.rate;
  plan.polls = chosen.polls;
  plan.wait_seconds = chosen.wait_seconds;
  plan.quiet_s = chosen.quiet_s;
  return plan;
}

/// What the same HTTP layer does without a store, and with the way through an actor.
std::vector<phase_plan> plan_ceiling(const options& chosen) {
  return {closed_loop(chosen, "page", {measure::page}, "requests"),
          closed_loop(chosen, "peek", {measure::peek}, "requests")};
}

/// Each task goes back to its old place, the head, until its retries are used up.
std::vector<phase_plan> plan_retries(const options& chosen) {
  phase_plan retries = closed_loop(chosen, "retries", {measure::claim, measure::fail}, "attempts");
  bound_by_count(retries, chosen.attempts);
  return {plan_load(chosen, chosen.tasks), retries,
          closed_loop(chosen, "after", whole_cycle, "cycles")};
}

phase_plan plan_quiet(const options& chosen, std::string name) {
  phase_plan quiet = closed_loop(chosen, std::move(name), whole_cycle, "cycles");
  quiet.rate = chosen.rate;
  quiet.place = work_place::but_last;
  return quiet;
}

/// The same quiet load twice: alone, and beside a project that asks as fast as it can.
std::vector<phase_plan> plan_neighbour(const options& chosen) {
  phase_plan beside = plan_quiet(chosen, "beside");
  beside.noise_workers = chosen.noise_workers;
  return {plan_quiet(chosen, "alone"), beside};
}

/// The same quiet load twice: alone, and while another project goes with all its tasks.
std::vector<phase_plan> plan_deletion(const options& chosen) {
  phase_plan load = plan_load(chosen, chosen.tasks);
  load.place = work_place::last;
  phase_plan beside = plan_quiet(chosen, "beside");
  beside.deletes_last = true;
  return {load, plan_quiet(chosen, "alone"), beside};
}

/// As many tasks in all, in one project and in many.
std::vector<phase_plan> plan_tour(const options& chosen) {
  const auto projects = static_cast<std::uint64_t>(chosen.bench.projects);
  phase_plan load = plan_load(chosen, projects * chosen.tasks_each);
  load.place = work_place::tour;
  phase_plan one = closed_loop(chosen, "one", whole_cycle, "cycles");
  one.place = work_place::last;
  phase_plan all = closed_loop(chosen, "all", whole_cycle, "cycles");
  all.place = work_place::tour;
  return {load, one, all};
}

}  // namespace

std::vector<phase_plan> plan_phases(const options& chosen) {
  switch (chosen.mode) {
    case bench_mode::cycle:
      return {closed_loop(chosen, "cycle", whole_cycle, "cycles")};
    case bench_mode::enqueue:
      return {closed_loop(chosen, "enqueue", {measure::create}, "tasks")};
    case bench_mode::bulk:
      return {closed_loop(chosen, "bulk", {measure::bulk}, "tasks")};
    case bench_mode::backlog:
      return plan_backlog(chosen);
    case bench_mode::latency:
      return {plan_latency(chosen)};
    case bench_mode::parked:
      return {plan_parked(chosen)};
    case bench_mode::ceiling:
      return plan_ceiling(chosen);
    case bench_mode::retries:
      return plan_retries(chosen);
    case bench_mode::neighbour:
      return plan_neighbour(chosen);
    case bench_mode::deletion:
      return plan_deletion(chosen);
    case bench_mode::tour:
      return plan_tour(chosen);
  }
  return {};
}

result<void> run_phases(run_context& run, const std::vector<phase_plan>& plans,
                        std::vector<phase_result>& results) {
  for (const phase_plan& plan : plans) {
    if (run.interrupted) break;
    std::cerr << "tdbench: " << plan.name << " …\n";
    auto outcome = run_phase(run, plan);
    if (!outcome) return outcome.error();
    results.push_back(std::move(outcome).value());
  }
  return {};
}

}  // namespace taskdriver::bench
