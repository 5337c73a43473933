// Everything a project's decisions need in memory: a fold of its changes over its stored records.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "domain/activity.hpp"
#include "domain/changes.hpp"
#include "domain/lease_table.hpp"
#include "domain/pending_records.hpp"
#include "domain/queue_window.hpp"
#include "domain/record_source.hpp"
#include "domain/session_table.hpp"

namespace taskdriver::domain {

/// Tests make them small.
struct state_bounds {
  std::size_t queue_places_max = limits::queue_window_max;  // held in memory, see queue_window
  std::size_t catch_up_tasks = limits::catch_up_tasks;      // read by one step
};

/// What is small or hot is held here (project, types, leases, sessions, counters, the queue's
/// head); task records are read from the source, with those not applied yet laid over them.
/// Changed only through apply(), by a transaction: a state is what its changes made of it.
///
/// Thread: one owner (a project_actor). Owns: all but the source, which must outlive it.
class project_state {
public:
  /// Reads the project's records. A number without a record gives a state with exists() false.
  static project_state load(project_number number, const record_source& source,
                            const state_bounds& bounds = {});

  bool exists() const { return project_.has_value(); }
  project_number number() const { return number_; }
  const project& record() const { return *project_; }
  const project_counters& counters() const { return counters_; }
  const lease_table& leases() const { return leases_; }
  const session_table& sessions() const { return sessions_; }
  const activity_table& activity() const { return activity_; }
  const std::map<sequence, stored_type>& types() const { return types_; }
  /// Those that catch up (stored_type::catches_up).
  const std::set<sequence>& types_behind() const { return types_behind_; }
  const record_source& source() const { return *source_; }
  const state_bounds& bounds() const { return bounds_; }

  /// Null if there is none, or if another id has its sequence.
  const stored_type* type_of(const object_id& id) const;
  const stored_type* type_named(const std::string& name) const;

  spec_ptr spec(sequence task) const;
  progress_ptr progress(sequence task) const;
  /// Attempts that ended before the newest one, ascending. `newest` = the task's lease epoch.
  std::vector<attempt> attempts(sequence task, std::uint64_t newest) const;
  /// Tasks, of those that exist, that may be duplicates; the caller compares them.
  std::vector<sequence> duplicate_candidates(sequence type, const fingerprint& print) const;

  struct numbered_tasks {
    std::vector<sequence> tasks;   // ascending
    std::optional<sequence> from;  // where the next ones begin; nullopt: there are none
  };
  /// Tasks of a type from `from` on: about `limit`, and those that are not stored yet.
  numbered_tasks tasks_of_type(sequence type, sequence from, std::size_t limit) const;

  /// The first queued place; reads more of the index when the window ran empty.
  std::optional<queue_key> queue_front();
  /// The progress of the first place's task, which must exist. Reads those behind it too, since
  /// they are asked for next.
  progress_ptr front_progress();
  /// Drops the first place from memory: its task turned out not to be queued any more.
  void skip_queue_front() { queue_.remove(*queue_.front()); }
  queue_key queue_head() const { return queue_.head(); }
  /// The valid session of this token, which is in use from now on.
  const session* use_session(const token_hash& token, std::int64_t wall_ms) {
    return sessions_.use(token, wall_ms);
  }

  /// How much memory task records may take that the store has as well.
  void limit_recent(std::size_t bytes_max) { pending_.limit_recent(bytes_max); }
  std::size_t recent_bytes() const { return pending_.recent_bytes(); }

  /// Number of the decision that is being made; a transaction takes it and moves it on.
  std::uint64_t next_ticket() const { return next_ticket_; }
  void apply(const change& c, instant now);
  void end_of_decision() { ++next_ticket_; }
  /// The decisions up to `ticket` are in the source from now on.
  void applied(std::uint64_t ticket);

private:
  friend class change_applier;
  project_state(project_number number, const record_source& source, const state_bounds& bounds)
      : number_(number), source_(&source), bounds_(bounds), queue_(bounds.queue_places_max) {}
  void note_behind(sequence type);

  project_number number_;
  const record_source* source_;
  state_bounds bounds_;
  std::optional<project> project_;
  project_counters counters_;
  activity_table activity_;
  std::map<sequence, stored_type> types_;
  std::set<sequence> types_behind_;
  lease_table leases_;
  session_table sessions_;
  queue_window queue_;
  mutable pending_records pending_;  // a read keeps what it found
  std::uint64_t next_ticket_ = 1;
};

}  // namespace taskdriver::domain
