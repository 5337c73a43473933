// Threads that are not CAF's and run the actors of projects nevertheless: those for HTTP.
#pragma once

#include <caf/actor.hpp>
#include <caf/fwd.hpp>
#include <caf/message_id.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace taskdriver::actors {

/// What a thread that has lent itself does for it. Ended by that thread, or by another one once it
/// has ended: what is ready then goes to CAF's threads.
class lent_thread {
public:
  virtual ~lent_thread() = default;
  /// Runs the actors that are ready, each for a bounded number of messages. Thread: the lent one,
  /// whenever it was woken or has brought requests. Never blocks longer than an actor does.
  virtual void run() = 0;
};

/// Each hand-over of a request from thread to thread costs a wake-up of some microseconds, and
/// waits for the next thread's turn. A thread that brings requests and sends answers can do what
/// lies between as well (docs/decisions/0018-projects-run-on-the-threads-for-http.md):
///
///   thread for HTTP --send_here--> mailbox of a project --run()--> decided, proposed
///   log writer, replica --send_home--> mailbox --wake, run()--> answered, on a thread for HTTP
///
/// Only who finds an actor idle chooses its thread. One that is at work, on whichever thread, goes
/// on there; what actors send while they run is for CAF's threads, and so is everything as long as
/// no thread is lent.
///
/// Thread: any. Must outlive all lent threads.
class lent_threads {
public:
  lent_threads() = default;
  lent_threads(const lent_threads&) = delete;
  lent_threads& operator=(const lent_threads&) = delete;

  /// Of the calling thread, which may not have lent itself already. `wake` has it call run() soon;
  /// called on any thread. The system must outlive what is returned.
  std::unique_ptr<lent_thread> lend(caf::actor_system& system, std::function<void()> wake);

  /// To be run by the calling thread, if it is lent here.
  template <class Message>
  void send_here(const caf::actor& to, Message&& message) {
    to->eq_impl(caf::make_message_id(), nullptr, unit_here(), std::forward<Message>(message));
  }

  /// To be run by a lent thread: for one `place`, a project's number, always the same one while
  /// they are as many.
  template <class Message>
  void send_home(std::size_t place, const caf::actor& to, Message&& message) {
    const std::shared_lock lock(mutex_);  // the thread stays until it has got it
    to->eq_impl(caf::make_message_id(), nullptr, unit_at(place), std::forward<Message>(message));
  }

private:
  class share;

  caf::execution_unit* unit_here() const;
  caf::execution_unit* unit_at(std::size_t place) const;

  std::shared_mutex mutex_;
  std::vector<share*> shares_;
};

}  // namespace taskdriver::actors
