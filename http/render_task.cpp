// The JSON of tasks and of a claim's answer.
#include "base/text.hpp"
#include "http/render_entities.hpp"

namespace taskdriver::http {
namespace {

using domain::attempt_status;
using domain::task_status;

std::string_view name_of(task_status status) {
  switch (status) {
    case task_status::queued:
      return "queued";
    case task_status::running:
      return "running";
    case task_status::completed:
      return "completed";
    case task_status::failed:
      return "failed";
  }
  return "failed";
}

std::string_view name_of(attempt_status status) {
  switch (status) {
    case attempt_status::running:
      return "running";
    case attempt_status::completed:
      return "completed";
    case attempt_status::failed:
      return "failed";
    case attempt_status::timeout:
      return "timeout";
  }
  return "failed";
}

void write_variables(json_writer& out, const std::vector<domain::variable>& variables) {
  if (variables.empty()) return;
  out.open_object("variables");
  for (const auto& v : variables) {
    out.escaped_key(v.name);
    if (v.kind == domain::variable_kind::string)
      out.text_value(v.text);
    else
      out.raw_value(v.text);
  }
  out.close_object();
}

/// The attempt's id is "<task id>.<number>".
void open_attempt(json_writer& out, const object_id& task_id, std::uint64_t number) {
  out.open_object();
  out.text("id", task_id.text() + "." + std::to_string(number));
}

void write_earlier_attempt(json_writer& out, const object_id& task_id,
                           const domain::attempt& attempt) {
  open_attempt(out, task_id, attempt.number);
  out.text("agentName", attempt.agent);
  out.time("startedAt", attempt.started_ms);
  out.time_if("completedAt", attempt.ended_ms);
  out.text("status", name_of(attempt.status));
  out.text_if("error", attempt.error);
  out.close_object();
}

/// The newest attempt, which the task's own record describes until the task is queued again.
void write_newest_attempt(json_writer& out, const object_id& task_id,
                          const domain::task_progress& progress) {
  open_attempt(out, task_id, progress.lease_epoch);
  out.text("agentName", progress.assigned_to);
  out.time_if("startedAt", progress.assigned_ms);
  out.time_if("completedAt",
              progress.completed_ms != 0 ? progress.completed_ms : progress.failed_ms);
  out.text("status", name_of(progress.last_attempt));
  out.raw_if("result", progress.result);
  out.text_if("error", progress.error);
  out.close_object();
}

void write_attempts(json_writer& out, const object_id& task_id, const domain::task_view& task) {
  out.open_array("attempts");
  for (const auto& attempt : task.earlier_attempts) write_earlier_attempt(out, task_id, attempt);
  const auto& progress = *task.progress;
  if (progress.lease_epoch > 0 && progress.status != task_status::queued)
    write_newest_attempt(out, task_id, progress);
  out.close_array();
}

}  // namespace

void write_task(json_writer& out, const domain::task_view& task) {
  const auto& spec = *task.spec;
  const auto& progress = *task.progress;
  out.id("id", spec.id);
  out.id("projectId", task.project);
  out.id("typeId", spec.type_id);
  out.text("instructions", spec.instructions);
  write_variables(out, spec.variables);
  out.text_if("batchId", spec.batch_id);
  out.text("status", name_of(progress.status));
  out.text_if("assignedTo", progress.assigned_to);
  out.time_if("assignedAt", progress.assigned_ms);
  out.time_if("leaseExpiresAt", progress.lease_expires_ms);
  out.number("leaseEpoch", progress.lease_epoch);
  out.number("retryCount", progress.retry_count);
  out.number("maxRetries", spec.max_retries);
  out.raw_if("result", progress.result);
  out.raw_if("outputs", progress.outputs);
  out.text_if("error", progress.error);
  out.time("createdAt", spec.created_ms);
  out.time("updatedAt", progress.updated_ms);
  out.time_if("completedAt", progress.completed_ms);
  out.time_if("failedAt", progress.failed_ms);
  write_attempts(out, spec.id, task);
}

void write_claim(json_writer& out, const domain::claim_view& claim) {
  const auto token =
      to_hex({reinterpret_cast<const char*>(claim.token.data()), claim.token.size()});
  out.open_object("task");
  write_task(out, claim.task);
  out.text("leaseToken", token);
  out.close_object();
  out.text("agentName", claim.agent);
  // The reference's example clients take `data` for the task, so what a holder needs to finish it
  // stands here too (docs/design.md A16).
  out.id("id", claim.task.spec->id);
  out.text("leaseToken", token);
  out.number("leaseEpoch", claim.task.progress->lease_epoch);
}

}  // namespace taskdriver::http
