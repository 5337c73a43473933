// decide(state, command, caller, now): what a project answers to a command, and what it changes.
#pragma once

#include "base/result.hpp"
#include "domain/caller.hpp"
#include "domain/commands.hpp"
#include "domain/replies.hpp"
#include "domain/transaction.hpp"

namespace taskdriver::domain {

/// Counted per decision, for the metrics.
struct decision_counts {
  std::uint32_t created = 0;
  std::uint32_t claims = 0;
  std::uint32_t resumes = 0;
  std::uint32_t completions = 0;
  std::uint32_t failures = 0;
  std::uint32_t retries = 0;
  std::uint32_t expirations = 0;
  std::uint32_t logins = 0;
};

struct decision {
  result<reply> answer;
  changes what;  // may hold expired leases even if the command itself was refused
  decision_counts counts;
  /// Sessions that the command ended: their parked requests end with them.
  std::vector<session> ended_sessions;
};

/// Total and deterministic: the same state, command, caller and time give the same decision.
/// Leases that are due at `now` expire first, so no command ever sees an expired one (A18).
/// A refused command changes nothing by itself. The caller has been authorized (access.hpp).
///
/// Not for list_tasks: it reads what is applied only and is carried out by task_listing.hpp.
decision decide(project_state& state, const command& what, const caller& who, instant now);

/// Ends the leases and sessions that ran out, as the timer and the sweep do.
decision expire(project_state& state, instant now);

/// For a project with types_behind(): one of them catches up by a step (duplicate_index.hpp).
decision catch_up_duplicates(project_state& state, instant now);

/// Restarts every running lease in full, as a new primary must (P6).
decision restart_leases(project_state& state, instant now);

/// The same in memory only, for a node whose disk takes no writes: leases have their timers again,
/// and reads go on. Their stored ends are shown as before until they are next written.
void restart_leases_unrecorded(project_state& state, instant now);

}  // namespace taskdriver::domain
