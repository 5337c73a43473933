// The moves of a task through its life; each keeps records, indexes and counters together (P9).
#pragma once

#include "domain/transaction.hpp"

namespace taskdriver::domain {

///   create --> queued --grant--> running --complete--> completed
///                ^                  |  \--end_attempt, no retry left--> failed
///                +--end_attempt,----+
///                   retry left          remove: from any state but running
///
/// Callers have checked that the move is allowed: a wrong state here is a programmer error.

void create(transaction& tx, spec_ptr spec);

struct grant_order {
  std::string agent;
  lease_token token{};
  std::int64_t duration_ms = 0;
};
/// Gives a queued task to an agent that holds none. Returns its new progress.
progress_ptr grant(transaction& tx, sequence task, const task_progress& queued, grant_order order);

progress_ptr complete(transaction& tx, sequence task, const task_progress& running,
                      json_text result, json_text outputs);

struct attempt_end {
  attempt_status status = attempt_status::failed;  // or timeout
  std::string error;
  bool can_retry = true;
};
/// The attempt did not succeed: back to the task's old place in the queue, or failed for good.
progress_ptr end_attempt(transaction& tx, const task_spec& spec, const task_progress& running,
                         attempt_end end);

/// Moves the end of a running task's lease to now + `duration_ms`.
progress_ptr restart_lease(transaction& tx, const lease& held, const task_progress& running,
                           std::int64_t duration_ms);

/// Replaces instructions or variables of a task that is not running.
void replace_spec(transaction& tx, const task_spec& old_spec, spec_ptr new_spec,
                  const task_progress& progress);
void remove(transaction& tx, const task_spec& spec, const task_progress& progress);

queue_key place_of(sequence task);

/// Whether attempts are stored besides the newest, which the progress itself describes.
bool has_earlier_attempts(const task_progress& progress);

}  // namespace taskdriver::domain
