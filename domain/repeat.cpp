// One overload per group of commands, with the reason.
#include "domain/repeat.hpp"

#include "domain/access.hpp"

namespace taskdriver::domain {
namespace {

struct harmless {
  /// A grant that was made is found again as the agent's own lease (P4).
  bool operator()(const next_task&) const { return true; }
  /// The same result again is answered with the stored task (P3).
  bool operator()(const complete_task&) const { return true; }
  /// A session whose token nobody got to know is ended by the agent's next login, or runs out.
  bool operator()(const login&) const { return true; }
  /// The second one finds no session any more: 401 tells the caller that it is logged out.
  bool operator()(const logout&) const { return true; }
  /// They set fields to values.
  bool operator()(const update_project&) const { return true; }
  bool operator()(const update_type&) const { return true; }
  /// What is reclaimed once is not due again; only the numbers told are those of the second try.
  bool operator()(const cleanup_leases&) const { return true; }

  /// A second one would be created, or refused because of the first.
  bool operator()(const create_project&) const { return false; }
  bool operator()(const create_type&) const { return false; }
  bool operator()(const create_task&) const { return false; }
  bool operator()(const create_tasks&) const { return false; }
  /// It would be "not found", as if it had never been there.
  bool operator()(const remove_project&) const { return false; }
  bool operator()(const remove_type&) const { return false; }
  bool operator()(const remove_task&) const { return false; }
  /// The task may have been granted anew in between: the second attempt would be the one that
  /// fails, or the first's success would be answered "not the holder".
  bool operator()(const fail_task&) const { return false; }
  /// Both add to what is there.
  bool operator()(const extend_lease&) const { return false; }
  bool operator()(const extend_session&) const { return false; }
  /// The changed task may be running by now: 409, although the change was made.
  bool operator()(const update_task&) const { return false; }

  /// Reads, see is_read().
  template <class Read>
  bool operator()(const Read& what) const {
    return is_read(command{what});
  }
};

}  // namespace

bool repeat_is_harmless(const command& what) {
  return std::visit(harmless{}, what);
}

}  // namespace taskdriver::domain
