// How much of large creations is under way on this node at once; what comes beyond waits its turn.
#pragma once

#include <caf/fwd.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "actors/local_messages.hpp"
#include "actors/node_context.hpp"

namespace taskdriver::actors {

/// A request that creates many tasks takes several times its size in memory until it is answered,
/// and what it creates has to pass the disk. So producers that are faster than the disk wait here,
/// where nothing is decided yet, as long as their requests are few enough to be kept:
///
///   admit --room--> goes on, holding its bytes --the request is gone--> room_freed
///     |  \--no room--> waits, in order of arrival --room_freed--> goes on
///     |                  \--too long--> 503, nothing was done
///     \--too much waits--> 503, nothing was done
///
/// Other requests, and small creations, pass: a claim does not stand behind a load of tasks.
///
/// Thread: the gateway's. Owns: the requests that wait.
class creation_admission {
public:
  /// Both must outlive it.
  creation_admission(caf::event_based_actor& gateway, const node_context& node)
      : gateway_(gateway), node_(node) {}

  /// False: it passes, and need not be shown to admit().
  static bool concerns(const routed_request& r);
  /// True if it may go on; it then holds its room until it is gone, however often it passes here.
  /// Else it was kept or answered.
  bool admit(routed_request& r);
  /// At room_freed: what may go on now.
  std::vector<routed_request> freed(std::size_t bytes);
  /// At every admission_timer: ends those that waited too long.
  void end_overdue();
  /// Answers what waits; nothing of it was done.
  void clear();

private:
  struct waiting {
    routed_request asked;
    std::size_t bytes = 0;
    std::int64_t since_ms = 0;  // steady
  };

  bool has_room(std::size_t bytes) const;
  void let_in(routed_request& r, std::size_t bytes);
  void keep(routed_request r, std::size_t bytes);
  waiting take_first();
  void arm_timer();

  caf::event_based_actor& gateway_;
  const node_context& node_;
  std::deque<waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t under_way_bytes_ = 0;
  bool timer_armed_ = false;
};

}  // namespace taskdriver::actors
