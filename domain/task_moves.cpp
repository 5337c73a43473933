// Every move lists its changes in the order record, indexes, counters.
#include "domain/task_moves.hpp"

#include "base/check.hpp"
#include "domain/duplicate_index.hpp"

namespace taskdriver::domain {
namespace {

progress_ptr put(transaction& tx, sequence task, task_progress progress) {
  progress.updated_ms = tx.now().wall_ms;
  auto record = std::make_shared<const task_progress>(std::move(progress));
  tx.record(put_progress{task, record});
  return record;
}

progress_ptr requeue(transaction& tx, sequence task, const task_progress& running,
                     attempt_end end) {
  tx.record(put_attempt{task,
                        {.number = running.lease_epoch,
                         .agent = running.assigned_to,
                         .started_ms = running.assigned_ms,
                         .ended_ms = tx.now().wall_ms,
                         .status = end.status,
                         .error = end.error}});
  tx.record(index_agent{running.assigned_to, task, false});
  auto queued = running;
  queued.status = task_status::queued;
  queued.retry_count += 1;
  queued.last_attempt = end.status;
  queued.assigned_to.clear();
  queued.assigned_ms = 0;
  queued.lease_expires_ms = 0;
  queued.error = std::move(end.error);
  auto record = put(tx, task, std::move(queued));
  tx.record(index_queued{place_of(task), true});
  ++tx.change_counters().queued;
  return record;
}

progress_ptr fail_for_good(transaction& tx, const task_spec& spec, const task_progress& running,
                           attempt_end end) {
  const auto task = spec.id.seq();
  auto failed = running;
  failed.status = task_status::failed;
  failed.last_attempt = end.status;
  failed.lease_expires_ms = 0;
  failed.error = std::move(end.error);
  failed.failed_ms = tx.now().wall_ms;
  auto record = put(tx, task, std::move(failed));
  tx.record(index_finished{task_status::failed, task, true});
  index_duplicate_of(tx, spec, false);  // they are looked for among tasks that have not failed
  ++tx.change_counters().failed;
  tx.count_failed();
  return record;
}

void end_lease(transaction& tx, sequence task, const task_progress& running) {
  TASKDRIVER_CHECK(running.status == task_status::running, "only a running task has a lease");
  tx.record(delete_lease{task});
  --tx.change_counters().running;
}

}  // namespace

queue_key place_of(sequence task) {
  return {.task = task};
}

bool has_earlier_attempts(const task_progress& progress) {
  if (progress.status == task_status::queued) return progress.lease_epoch > 0;
  return progress.lease_epoch > 1;
}

void create(transaction& tx, spec_ptr spec) {
  const auto task = spec->id.seq();
  const auto type = spec->type_id.seq();
  tx.record(put_spec{spec});
  tx.record(put_progress{task, std::make_shared<const task_progress>(progress_as_created(*spec))});
  tx.record(index_queued{place_of(task), true});
  tx.record(index_type{type, task, true});
  leave_out_if_allowed(tx, *spec);
  index_duplicate_of(tx, *spec, true);
  if (!spec->batch_id.empty()) tx.record(index_batch{spec->batch_id, task, true});
  tx.count_type_task(type, +1);
  ++tx.change_counters().queued;
}

progress_ptr grant(transaction& tx, sequence task, const task_progress& queued, grant_order order) {
  TASKDRIVER_CHECK(queued.status == task_status::queued, "only a queued task is granted");
  auto running = queued;
  running.status = task_status::running;
  running.lease_epoch += 1;
  running.last_attempt = attempt_status::running;
  running.assigned_to = order.agent;
  running.assigned_ms = tx.now().wall_ms;
  running.lease_expires_ms = tx.now().wall_ms + order.duration_ms;
  running.error.clear();
  tx.record(put_lease{{.task = task,
                       .agent = order.agent,
                       .token = order.token,
                       .epoch = running.lease_epoch,
                       .duration_ms = order.duration_ms,
                       .granted_ms = running.assigned_ms,
                       .expires_ms = running.lease_expires_ms}});
  auto record = put(tx, task, std::move(running));
  tx.record(index_queued{place_of(task), false});
  tx.record(index_agent{std::move(order.agent), task, true});
  --tx.change_counters().queued;
  ++tx.change_counters().running;
  return record;
}

progress_ptr complete(transaction& tx, sequence task, const task_progress& running,
                      json_text result, json_text outputs) {
  end_lease(tx, task, running);
  auto completed = running;
  completed.status = task_status::completed;
  completed.last_attempt = attempt_status::completed;
  completed.lease_expires_ms = 0;
  completed.result = std::move(result);
  completed.outputs = std::move(outputs);
  completed.completed_ms = tx.now().wall_ms;
  auto record = put(tx, task, std::move(completed));
  tx.record(index_finished{task_status::completed, task, true});
  ++tx.change_counters().completed;
  tx.count_completed(tx.now().wall_ms - running.assigned_ms);
  return record;
}

progress_ptr end_attempt(transaction& tx, const task_spec& spec, const task_progress& running,
                         attempt_end end) {
  end_lease(tx, spec.id.seq(), running);
  const bool retry = end.can_retry && running.retry_count < spec.max_retries;
  return retry ? requeue(tx, spec.id.seq(), running, std::move(end))
               : fail_for_good(tx, spec, running, std::move(end));
}

progress_ptr restart_lease(transaction& tx, const lease& held, const task_progress& running,
                           std::int64_t duration_ms) {
  auto restarted = held;
  restarted.duration_ms = duration_ms;
  restarted.expires_ms = tx.now().wall_ms + duration_ms;
  tx.record(put_lease{restarted});
  auto progress = running;
  progress.lease_expires_ms = restarted.expires_ms;
  return put(tx, held.task, std::move(progress));
}

void replace_spec(transaction& tx, const task_spec& old_spec, spec_ptr new_spec,
                  const task_progress& progress) {
  const bool indexed = progress.status != task_status::failed;
  if (indexed) index_duplicate_of(tx, old_spec, false);
  tx.record(put_spec{new_spec});
  put(tx, new_spec->id.seq(), progress);
  if (indexed) index_duplicate_of(tx, *new_spec, true);
}

void remove(transaction& tx, const task_spec& spec, const task_progress& progress) {
  const auto task = spec.id.seq();
  tx.record(delete_task{task});
  tx.record(index_type{spec.type_id.seq(), task, false});
  if (!spec.batch_id.empty()) tx.record(index_batch{spec.batch_id, task, false});
  if (!progress.assigned_to.empty()) tx.record(index_agent{progress.assigned_to, task, false});
  if (progress.status != task_status::failed) index_duplicate_of(tx, spec, false);
  if (progress.status == task_status::queued)
    tx.record(index_queued{place_of(task), false});
  else
    tx.record(index_finished{progress.status, task, false});
  auto& counters = tx.change_counters();
  switch (progress.status) {
    case task_status::queued:
      --counters.queued;
      break;
    case task_status::completed:
      --counters.completed;
      break;
    case task_status::failed:
      --counters.failed;
      break;
    case task_status::running:
      TASKDRIVER_CHECK(false, "a running task is not removed");
  }
  tx.count_type_task(spec.type_id.seq(), -1);
}

}  // namespace taskdriver::domain
