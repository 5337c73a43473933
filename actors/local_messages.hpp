// Messages between the actors of one node; none of them ever leaves the process.
#pragma once

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "actors/messages.hpp"
#include "domain/caller.hpp"

namespace taskdriver::actors {

/// A request under way. Sender: io threads (to the gateway), then any actor. No answer by message:
/// the request itself is answered.
struct routed_request {
  request_ptr request;
  domain::caller who;            // meaningful once `verified`
  bool verified = false;         // the caller's session was checked at its home
  std::int64_t deadline_ms = 0;  // steady; until when a next-task may wait, 0 = not waiting yet
};

/// Sender: project_actor to the directory, by order_reply: after the commit.
struct project_answer {
  std::uint64_t order = 0;
  answer what;
};

/// The way back of an order to the directory. Destroyed unanswered (an actor died), it says that
/// the order should be tried again. Thread: any; one owner at a time.
class order_reply {
public:
  order_reply(caf::actor directory, std::uint64_t order)
      : directory_(std::move(directory)), order_(order) {}
  order_reply(const order_reply&) = delete;
  order_reply& operator=(const order_reply&) = delete;
  ~order_reply();

  /// Gives the answer; a second call is ignored.
  void give(answer a);

private:
  caf::actor directory_;  // null once answered
  std::uint64_t order_;
};
using order_reply_ptr = std::shared_ptr<order_reply>;

/// A command of the directory to a project, through the gateway. Answer: by `reply`.
struct project_order {
  project_number number{};
  domain::command what;
  order_reply_ptr reply;
};
/// Sender: a project_actor that ended although leases may run: the gateway loads the project anew.
struct load_project {
  project_number number{};
};
/// A page of tasks to read. Sender: project_actor, once all it has promised is applied.
struct list_job {
  request_ptr request;
  domain::project_view project;
};
/// A client may delete this project; the directory does it and answers.
/// Sender: project_actor, through the gateway.
struct project_removal {
  project_number number{};
  request_ptr request;
};
/// A project's status changed; the directory records it and then answers the client.
/// Sender: project_actor, after its own commit, and, with no request, whenever it was loaded: a
/// crash may have come in between.
struct status_changed {
  project_number number{};
  domain::project_status status{};
  request_ptr request;
  answer what;
};

/// Sender: project_actor to the gateway: nothing left to do here. Answer: project_may_end, after
/// which no more messages come for this incarnation.
struct project_idle {
  project_number number{};
};
struct project_may_end {};

/// Sender: replica threads, by the stream's observer. `stream` numbers the streams of one actor.
struct changes_committed {
  std::uint64_t ticket = 0;
  std::uint64_t stream = 0;
};
struct changes_lost {
  error_info why;
  std::uint64_t stream = 0;
};

/// Timers of an actor to itself.
struct lease_timer {
  std::uint64_t number = 0;
};
struct sweep_timer {};
struct idle_timer {};
struct gauge_timer {};
struct wake_timer {};
struct retry_timer {};
struct poll_timer {
  std::uint64_t poll = 0;
};

/// A next-task that waits. Sender: project_actor to the agent's actor.
struct park_poll {
  routed_request poll;
  std::uint64_t arrival = 0;  // place among the project's waiters
};
/// Sender: project_actor: a task may be there for you. Answer: poll_ready or poll_absent.
struct wake_poll {
  std::uint64_t arrival = 0;
};
/// Sender: agent_actor: its poll, to be tried again.
struct poll_ready {
  routed_request poll;
  std::uint64_t arrival = 0;
};
/// Sender: agent_actor: the client hung up, ran out of time or was superseded.
struct poll_absent {
  std::string agent;
  std::uint64_t arrival = 0;
};
/// Sender: project_actor: this session ended, its poll with it.
struct session_ended {
  domain::token_hash token{};
};
/// Sender: gateway, then project_actor: answer all polls now and park no more (shutdown, deletion).
struct release_polls {
  bool project_deleted = false;
};

}  // namespace taskdriver::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::routed_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::project_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::project_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::load_project)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::list_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::status_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::project_removal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::project_idle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::project_may_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::changes_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::changes_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::lease_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::sweep_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::idle_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::gauge_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::wake_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::retry_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::poll_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::park_poll)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::wake_poll)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::poll_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::poll_absent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::session_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::release_polls)
