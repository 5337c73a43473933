// Decisions about who holds which task: claims, completions, failures, leases and their end.
#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "domain/decide_parts.hpp"
#include "domain/task_moves.hpp"

namespace taskdriver::domain {
namespace {

constexpr std::string_view lease_ran_out = "Lease expired";

error_info lease_lost() {
  return {.code = errc::lease_lost, .text = "The agent does not hold a lease on this task"};
}

/// The lease by which `agent` holds the task `id` now. Fails: not_found; lease_lost if another
/// holds it, nobody does, or the proof is of an earlier grant.
result<lease> held_by(const project_state& state, const object_id& id, const std::string& agent,
                      const lease_proof& proof) {
  const auto spec = state.spec(id.seq());
  if (!spec || spec->id != id) return not_found("Task");
  const auto* held = state.leases().of_task(id.seq());
  if (!held || held->record.agent != agent) return lease_lost();
  if (proof.token && *proof.token != held->record.token) return lease_lost();
  if (proof.epoch && *proof.epoch != held->record.epoch) return lease_lost();
  return held->record;
}

result<std::string> acting_agent(const caller& who, const std::string& named) {
  if (!named.empty()) return named;
  if (who.with) return who.with->agent;
  return validation_error({{"agentName", "Agent name is required with the admin token", ""}});
}

progress_ptr progress_of_running(const project_state& state, sequence task) {
  auto progress = state.progress(task);
  TASKDRIVER_CHECK(progress && progress->status == task_status::running,
                   "a task under a lease is running");
  return progress;
}

/// A repeated completion by the same agent with the same content is answered like the first (P3).
bool repeats(const task_progress& stored, const std::string& agent, const complete_task& what) {
  const bool epoch_fits = !what.proof.epoch || *what.proof.epoch == stored.lease_epoch;
  return stored.status == task_status::completed && stored.assigned_to == agent && epoch_fits &&
         stored.result == what.result && stored.outputs == what.outputs;
}

void count_end(decision_counts& counts, const task_progress& ended) {
  if (ended.status == task_status::failed)
    ++counts.failures;
  else
    ++counts.retries;
}

bool names_this_project(const project_state& state, const std::string& ref) {
  return ref.empty() || ref == state.record().name || object_id::parse(ref) == state.record().id;
}

claim_view resume(decision_context& c, const lease& held) {
  ++c.counts.resumes;
  auto view =
      view_of(c.state(), c.state().spec(held.task), progress_of_running(c.state(), held.task));
  return {std::move(view), held.agent, held.token};
}

}  // namespace

result<reply> decide_on(decision_context& c, const next_task& what) {
  if (!names_this_project(c.state(), what.project_ref)) {
    if (c.who.admin) return not_found("Project");
    return error_info{.code = errc::forbidden, .text = "This session belongs to another project"};
  }
  // A running task may finish in a closed project, so its holder may find it again there too.
  if (const auto* own = c.state().leases().of_agent(what.agent))
    return reply{resume(c, own->record)};
  if (c.state().record().status == project_status::closed) return project_is_closed();
  while (const auto place = c.state().queue_front()) {
    const auto queued = c.state().front_progress();
    if (!queued || queued->status != task_status::queued) {
      // A scan may still show a place whose removal is not applied yet.
      c.state().skip_queue_front();
      continue;
    }
    auto spec = c.state().spec(place->task);
    const auto* type = c.state().type_of(spec->type_id);
    TASKDRIVER_CHECK(type, "a type that has tasks exists");
    auto running = grant(c.tx, place->task, *queued,
                         {.agent = what.agent,
                          .token = what.token,
                          .duration_ms = std::int64_t{type->record.lease_s} * 1000});
    ++c.counts.claims;
    auto view = view_of(c.state(), std::move(spec), std::move(running));
    return reply{claim_view{std::move(view), what.agent, what.token}};
  }
  return reply{no_task{what.agent}};
}

result<reply> decide_on(decision_context& c, const complete_task& what) {
  auto agent = acting_agent(c.who, what.agent);
  if (!agent) return agent.error();
  auto held = held_by(c.state(), what.id, *agent, what.proof);
  auto spec = c.state().spec(what.id.seq());
  if (!held) {
    const auto stored = spec && spec->id == what.id ? c.state().progress(what.id.seq()) : nullptr;
    if (stored && repeats(*stored, *agent, what))
      return reply{view_of(c.state(), std::move(spec), stored)};
    return held.error();
  }
  const auto running = progress_of_running(c.state(), held->task);
  auto completed = complete(c.tx, held->task, *running, what.result, what.outputs);
  ++c.counts.completions;
  return reply{view_of(c.state(), std::move(spec), std::move(completed))};
}

result<reply> decide_on(decision_context& c, const fail_task& what) {
  auto agent = acting_agent(c.who, what.agent);
  if (!agent) return agent.error();
  auto held = held_by(c.state(), what.id, *agent, what.proof);
  if (!held) return held.error();
  auto spec = c.state().spec(held->task);
  const auto running = progress_of_running(c.state(), held->task);
  auto ended =
      end_attempt(c.tx, *spec, *running, {attempt_status::failed, what.error, what.can_retry});
  count_end(c.counts, *ended);
  return reply{view_of(c.state(), std::move(spec), std::move(ended))};
}

result<reply> decide_on(decision_context& c, const extend_lease& what) {
  auto agent = acting_agent(c.who, what.agent);
  if (!agent) return agent.error();
  auto held = held_by(c.state(), what.id, *agent, what.proof);
  if (!held) return held.error();
  // A19: from the present end, which is still ahead, or the lease would have expired.
  const auto deadline = c.state().leases().of_task(held->task)->deadline_ms;
  const auto duration =
      std::min(deadline - c.tx.now().steady_ms + what.extension_ms, limits::lease_ahead_ms_max);
  const auto running = progress_of_running(c.state(), held->task);
  auto extended = restart_lease(c.tx, *held, *running, duration);
  return reply{view_of(c.state(), c.state().spec(held->task), std::move(extended))};
}

result<reply> decide_on(decision_context& c, const cleanup_leases&) {
  const auto expired = expire_leases(c);
  return reply{cleanup_view{expired.tasks, expired.agents}};
}

result<reply> decide_on(decision_context& c, const peek_next_task&) {
  return reply{peek_view{c.state().record().id, c.tx.counters().queued}};
}

result<reply> decide_on(decision_context& c, const list_agents&) {
  agent_list list;
  for (const auto* held : c.state().leases().all()) {
    const auto spec = c.state().spec(held->record.task);
    list.agents.push_back({.agent = held->record.agent,
                           .task = spec->id,
                           .assigned_ms = held->record.granted_ms,
                           .lease_expires_ms = held->record.expires_ms});
  }
  return reply{std::move(list)};
}

expired_leases expire_leases(decision_context& c) {
  std::set<std::string> agents;
  const auto due = c.state().leases().due(c.tx.now().steady_ms);
  for (const auto task : due) {
    agents.insert(c.state().leases().of_task(task)->record.agent);
    const auto spec = c.state().spec(task);
    const auto ended = end_attempt(c.tx, *spec, *progress_of_running(c.state(), task),
                                   {attempt_status::timeout, std::string(lease_ran_out), true});
    ++c.counts.expirations;
    count_end(c.counts, *ended);
  }
  return {due.size(), agents.size()};
}

}  // namespace taskdriver::domain
