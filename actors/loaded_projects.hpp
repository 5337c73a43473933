// The gateway's table of projects that have an actor here, and which of them have to leave.
#pragma once

#include <caf/actor.hpp>
#include <caf/fwd.hpp>
#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "actors/project_doors.hpp"
#include "base/ids.hpp"

namespace taskdriver::actors {

/// While more than a maximum is loaded, those used least recently are asked to leave:
///
///   add --> listed, by last use --surplus()--> asked --remove--> gone
///             ^                                  |  (leave_memory)
///             |                                  | stays (project_busy)
///             +------ may_leave (project_free) --+--> busy
///
/// Who is busy (a running lease, a parked poll, something under way) says so once and is not asked
/// again until it says that it is free, so the maximum is exceeded by what is really in use. The
/// last of those that are listed are not asked either: while all others are busy, work goes on in
/// some projects without loading one for every request.
///
/// Most uses are seen by the doors only: who is about to be asked goes back to its place by last
/// use. Every call takes logarithmic time, but for_each and surplus(), which takes it for each that
/// it names or puts back; each is put back for a use.
/// Thread: the gateway's. Owns: the handles.
class loaded_projects {
public:
  /// At most so many of those used last are never asked; half the maximum, if that is less.
  static constexpr std::size_t spared_max = 64;

  /// `projects_max`: at least 1. `doors` are kept in step, and must outlive it.
  loaded_projects(std::size_t projects_max, project_doors& doors);

  /// Null if it has no actor. Counts as a use.
  const caf::actor* use(project_number number);
  /// The project must have none.
  const caf::actor& add(project_number number, caf::actor actor);
  /// Those to be asked now; each is named once.
  std::vector<caf::actor> surplus();

  /// What comes from an earlier actor of the project changes nothing.
  void stays(project_number number, const caf::actor& actor);
  void may_leave(project_number number, const caf::actor& actor);
  /// False if this is not the project's actor (any more).
  bool remove(project_number number, const caf::actor& actor);

  /// At the end of any actor. Nullopt if it was the project's no more, or never one.
  std::optional<project_number> ended(const caf::actor_addr& actor);

  template <class Function>
  void for_each(Function f) const {
    for (const auto& [number, e] : entries_) f(number, e.actor);
  }
  void clear();

private:
  enum class standing { listed, asked, busy };
  struct entry {
    caf::actor actor;
    standing now = standing::listed;
    use_stamp place = 0;  // in the order, while listed
  };

  entry* find(project_number number, const caf::actor& actor);
  void list(entry& e, project_number number, use_stamp at);
  void unlist(entry& e);
  void change(entry& e, standing to);

  const std::size_t max_;
  const std::size_t spared_;
  project_doors& doors_;
  std::unordered_map<project_number, entry> entries_;
  std::map<use_stamp, project_number> order_;  // the listed ones
  std::size_t asked_ = 0;
  std::unordered_map<caf::actor_id, project_number> numbers_;  // until the actors have ended
};

}  // namespace taskdriver::actors
