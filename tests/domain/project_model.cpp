// Written from docs/design.md, not from the code that it judges.
#include "tests/domain/project_model.hpp"

#include <set>
#include <tuple>

namespace taskdriver::domain {
namespace {

std::string name_of(const object_id& id) {
  return "task " + std::to_string(raw(id.seq()));
}

/// Compares what a task view shows with the model.
std::string compare(const model_task& task, const task_progress& shown) {
  const auto differs = [&](const char* what) { return name_of(task.id) + ": another " + what; };
  if (shown.status != task.status) return differs("status");
  if (shown.lease_epoch != task.epoch) return differs("lease epoch");
  if (shown.retry_count != task.retries) return differs("retry count");
  if (shown.assigned_to != task.agent) return differs("agent");
  if (shown.result != task.result) return differs("result");
  return "";
}

std::string compare(const model_task& task, const reply& answer) {
  const auto* view = std::get_if<task_view>(&answer);
  if (!view) return "not a task";
  if (view->spec->id != task.id) return "not " + name_of(task.id);
  return compare(task, *view->progress);
}

}  // namespace

std::string project_model::follow(const command& what, const result<reply>& answer, instant now) {
  expire(now);
  const auto expected = refusal_of(what);
  if (expected && answer.ok()) return "was not refused";
  if (!expected && !answer.ok()) return "was refused: " + answer.error().text;
  if (expected) return answer.error().code == *expected ? "" : "was refused for another reason";
  const auto& given = answer.value();
  if (const auto* c = std::get_if<create_task>(&what)) return on(*c, given);
  if (const auto* c = std::get_if<next_task>(&what)) return on(*c, given, now);
  if (const auto* c = std::get_if<complete_task>(&what)) return on(*c, given);
  if (const auto* c = std::get_if<fail_task>(&what)) return on(*c, given);
  if (const auto* c = std::get_if<extend_lease>(&what)) return on(*c, given, now);
  if (const auto* c = std::get_if<update_task>(&what)) return on(*c, given);
  if (const auto* c = std::get_if<remove_task>(&what)) return on(*c);
  if (const auto* c = std::get_if<update_project>(&what)) return on(*c);
  if (const auto* c = std::get_if<update_type>(&what)) return on(*c);
  return "";
}

project_model::maybe_error project_model::refusal_of(const command& what) const {
  if (const auto* c = std::get_if<create_task>(&what)) {
    if (closed_) return errc::wrong_state;
    if (has_duplicate(c->task)) return errc::duplicate_task;
  }
  if (const auto* c = std::get_if<next_task>(&what))
    if (closed_ && !held_by(c->agent)) return errc::wrong_state;
  if (const auto* c = std::get_if<complete_task>(&what))
    return repeats(*c) ? std::nullopt : not_held(c->id, c->agent, c->proof);
  if (const auto* c = std::get_if<fail_task>(&what)) return not_held(c->id, c->agent, c->proof);
  if (const auto* c = std::get_if<extend_lease>(&what)) return not_held(c->id, c->agent, c->proof);
  if (const auto* c = std::get_if<update_task>(&what)) return not_changeable(c->id);
  if (const auto* c = std::get_if<remove_task>(&what)) return not_changeable(c->id);
  return std::nullopt;
}

project_model::maybe_error project_model::not_held(const object_id& id, const std::string& agent,
                                                   const lease_proof& proof) const {
  const auto* task = find(id);
  if (!task) return errc::not_found;
  const bool held = task->status == task_status::running && task->agent == agent;
  if (!held || (proof.token && *proof.token != task->token)) return errc::lease_lost;
  if (proof.epoch && *proof.epoch != task->epoch) return errc::lease_lost;
  return std::nullopt;
}

project_model::maybe_error project_model::not_changeable(const object_id& id) const {
  const auto* task = find(id);
  if (!task) return errc::not_found;
  if (task->status == task_status::running) return errc::wrong_state;
  return std::nullopt;
}

bool project_model::repeats(const complete_task& what) const {
  const auto* task = find(what.id);
  return task && task->status == task_status::completed && task->agent == what.agent &&
         task->result == what.result && (!what.proof.epoch || *what.proof.epoch == task->epoch);
}

bool project_model::has_duplicate(const new_task& wanted) const {
  if (wanted.type_id != unique_ || !refuses_duplicates_) return false;
  for (const auto& [_, task] : tasks_)
    if (task.type == unique_ && task.instructions == wanted.instructions &&
        task.status != task_status::failed)
      return true;
  return false;
}

std::string project_model::on(const create_task& what, const reply& answer) {
  const auto& id = std::get<created_task>(answer).task.spec->id;
  if (raw(id.seq()) != next_task_) return "another number than the next one";
  ++next_task_;
  tasks_[id.seq()] = {.id = id, .type = what.task.type_id, .instructions = what.task.instructions};
  ids_.push_back(id);
  return "";
}

std::string project_model::on(const next_task& what, const reply& answer, instant now) {
  const auto* own = held_by(what.agent);
  auto* first = first_queued();
  if (!own && !first) return std::holds_alternative<no_task>(answer) ? "" : "a task from nowhere";
  const auto* claim = std::get_if<claim_view>(&answer);
  if (!claim) return "no task, though one waits";
  if (!own) {
    first->status = task_status::running;
    first->epoch += 1;
    first->agent = what.agent;
    first->token = what.token;
    first->duration_ms = lease_ms_;
    first->deadline_ms = now.steady_ms + lease_ms_;
    own = first;
  }
  if (claim->token != own->token) return "another lease token";
  return compare(*own, claim->task);
}

std::string project_model::on(const complete_task& what, const reply& answer) {
  auto& task = tasks_.at(what.id.seq());
  task.status = task_status::completed;
  task.result = what.result;
  return compare(task, answer);
}

std::string project_model::on(const fail_task& what, const reply& answer) {
  auto& task = tasks_.at(what.id.seq());
  end_attempt(task, what.can_retry);
  return compare(task, answer);
}

std::string project_model::on(const extend_lease& what, const reply& answer, instant now) {
  auto& task = tasks_.at(what.id.seq());
  task.deadline_ms += what.extension_ms;
  task.duration_ms = task.deadline_ms - now.steady_ms;
  return compare(task, answer);
}

std::string project_model::on(const update_task& what, const reply& answer) {
  auto& task = tasks_.at(what.id.seq());
  if (what.instructions) task.instructions = *what.instructions;
  return compare(task, answer);
}

std::string project_model::on(const remove_task& what) {
  tasks_.erase(what.id.seq());
  return "";
}

std::string project_model::on(const update_type& what) {
  refuses_duplicates_ = *what.duplicates == duplicate_handling::fail;
  return "";
}

std::string project_model::on(const update_project& what) {
  if (what.status) closed_ = *what.status == project_status::closed;
  return "";
}

void project_model::expire(instant now) {
  for (auto& [_, task] : tasks_)
    if (task.status == task_status::running && task.deadline_ms <= now.steady_ms)
      end_attempt(task, true);
}

void project_model::end_attempt(model_task& task, bool can_retry) {
  if (!can_retry || task.retries == retries_max_) {
    task.status = task_status::failed;
    return;
  }
  task.status = task_status::queued;
  task.agent.clear();
  ++task.retries;
}

void project_model::restart_leases(instant now) {
  for (auto& [_, task] : tasks_)
    if (task.status == task_status::running) task.deadline_ms = now.steady_ms + task.duration_ms;
}

model_task* project_model::first_queued() {
  for (auto& [_, task] : tasks_)
    if (task.status == task_status::queued) return &task;
  return nullptr;
}

const model_task* project_model::held_by(const std::string& agent) const {
  for (const auto& [_, task] : tasks_)
    if (task.status == task_status::running && task.agent == agent) return &task;
  return nullptr;
}

const model_task* project_model::find(const object_id& id) const {
  const auto found = tasks_.find(id.seq());
  return found != tasks_.end() && found->second.id == id ? &found->second : nullptr;
}

std::string project_model::compare_leases(const project_state& state) const {
  std::map<task_status, std::uint64_t> count;
  std::set<std::tuple<sequence, std::string, std::uint64_t, lease_token, std::int64_t>> expected;
  for (const auto& [seq, task] : tasks_) {
    ++count[task.status];
    if (task.status == task_status::running)
      expected.emplace(seq, task.agent, task.epoch, task.token, task.deadline_ms);
  }
  const auto& counters = state.counters();
  if (counters.queued != count[task_status::queued]) return "another number of queued tasks";
  if (counters.running != count[task_status::running]) return "another number of running tasks";
  if (counters.completed != count[task_status::completed]) return "another number of completed";
  if (counters.failed != count[task_status::failed]) return "another number of failed tasks";
  const auto leases = state.leases().all();
  for (const auto* held : leases) {
    const auto& l = held->record;
    if (!expected.contains({l.task, l.agent, l.epoch, l.token, held->deadline_ms}))
      return "another lease on task " + std::to_string(raw(l.task));
  }
  return leases.size() == expected.size() ? "" : "another number of leases";
}

std::string project_model::compare_tasks(const project_state& state) const {
  for (const auto& id : ids_) {
    const auto* task = find(id);
    const auto shown = state.progress(id.seq());
    if (!task != !shown) return name_of(id) + (task ? " is lost" : " is back");
    if (!task) continue;
    if (auto difference = compare(*task, *shown); !difference.empty()) return difference;
  }
  return "";
}

}  // namespace taskdriver::domain
