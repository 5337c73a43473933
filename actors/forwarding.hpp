// What this node has other nodes do, and what waits until some node serves it.
#pragma once

#include <caf/fwd.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/local_messages.hpp"
#include "actors/node_context.hpp"

namespace taskdriver::actors {

struct request_route;  // peer_codec.hpp

/// Every traveller is somewhere in this drawing until it is answered or goes back to be routed:
///
///   route --elsewhere--> under way --answer--> the client has it
///     ^  \                  |  \---"not served here": on to where it says, or
///     |   \--nowhere--+     |       if it said nothing new: waiting
///     |               v     v
///     +-- 25..400 ms - waiting <--- not sent; or the outcome is unknown and a repeat is harmless
///                         |
///                         +-- its time is over --> 503 with Retry-After
///
/// An unknown outcome whose repeat may do harm is told as such at once.
///
/// Thread: the gateway's. Owns: the travellers under way and those that wait.
class forwarding {
public:
  /// Both must outlive it.
  forwarding(caf::event_based_actor& gateway, const node_context& node)
      : gateway_(gateway), node_(node) {}

  /// Every status of a project of this node, before it goes anywhere: older ones of the project
  /// that are still on their way will not be told after it.
  void line_up(status_changed& s);
  /// Asks the node; the answer comes to the gateway as peer_answered.
  void send(const cluster::node_name& to, traveller what);
  /// Keeps it until its next try, which the gateway gets from due(), or until its time is over.
  void wait(traveller what);
  /// What is to be routed again at once, if the answer says so.
  std::optional<traveller> answered(peer_answered a);
  /// The same for a request that the gateway did not send itself.
  std::optional<traveller> returned(peer_returned a);
  /// At every travel_timer: what is to be routed again. Ends polls whose client has hung up.
  std::vector<traveller> due();
  /// Answers the polls with "no task" (shutdown).
  void release_polls();
  /// Lets go of everything; what is unanswered answers for itself.
  void clear();
  /// Projects of which a status is on its way.
  std::size_t statuses() const;

private:
  static constexpr std::size_t lines_min = 64;
  struct sent {
    traveller what;
    cluster::node_name to;
    std::uint64_t ask = 0;
  };

  void start_patience(traveller& what);
  std::string question_for(const traveller& what) const;
  std::optional<traveller> take(sent s, result<std::string> bytes);
  std::optional<traveller> take_answer(sent s, std::string_view bytes);
  void take_error(sent s, const error_info& why);
  std::optional<traveller> moved(routed_request r, request_route route);
  void give_up(traveller what);
  void cancel_abandoned();
  void arm_timer();
  void show_sizes();

  caf::event_based_actor& gateway_;
  const node_context& node_;
  std::map<std::uint64_t, sent> under_way_;
  std::vector<traveller> waiting_;
  std::map<project_number, std::weak_ptr<status_line>> lines_;  // some of them ended
  std::size_t prune_at_ = lines_min;                            // of them
  std::uint64_t last_number_ = 0;
  std::size_t polls_under_way_ = 0;
  bool timer_armed_ = false;
};

}  // namespace taskdriver::actors
