// A timer is a request that nobody answers: CAF ends its timeout with the actor that waits for it.
#include "actors/timers.hpp"

#include <caf/duration.hpp>
#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <utility>

namespace taskdriver::actors {

void after_time(caf::event_based_actor& actor, std::chrono::milliseconds time,
                std::function<void()> then) {
  const auto request = actor.new_request_id(caf::message_priority::normal);
  actor.add_multiplexed_response_handler(request.response_id(),
                                         [then = std::move(then)](const caf::error&) { then(); });
  actor.request_response_timeout(caf::duration{time}, request);
}

}  // namespace taskdriver::actors
