// Messages between the actors of one node; none of them ever leaves the process: what travels
// between nodes is in peer_codec.hpp.
#pragma once

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "actors/messages.hpp"
#include "cluster/node_requests.hpp"
#include "domain/caller.hpp"

namespace taskdriver::actors {

/// How long something has been looking for a node that serves it.
struct journey {
  std::int64_t expires_ms = 0;  // steady; 0 = it has not had to wait yet
  std::int64_t retry_at_ms = 0;
  int tries = 0;
  bool in_doubt = false;  // an earlier try may have been carried out
};

/// A request under way. Sender: io threads (entrance.hpp), then any actor. No answer by message:
/// the request itself is answered.
struct routed_request {
  request_ptr request;
  domain::caller who;            // meaningful once `verified`
  bool verified = false;         // the caller's session was checked at its home
  bool let_by = false;           // a deletion that its project let pass, for the directory to do
  std::int64_t deadline_ms = 0;  // steady; until when a next-task may wait, 0 = not waiting yet
  journey trip = {};
};

/// Sender: an order_reply to the directory, after the commit.
struct project_answer {
  std::uint64_t order = 0;
  answer what;
};

/// The way back of an order. Destroyed unanswered (an actor died), it says that the order should be
/// tried again. Thread: any; one owner at a time.
class order_reply {
public:
  using function = std::function<void(answer)>;
  explicit order_reply(function back) : back_(std::move(back)) {}
  order_reply(const order_reply&) = delete;
  order_reply& operator=(const order_reply&) = delete;
  ~order_reply();

  /// Gives the answer; a second call is ignored.
  void give(answer a);

private:
  function back_;  // empty once answered
};
using order_reply_ptr = std::shared_ptr<order_reply>;

/// A command of the directory to a project, through the gateway. Answer: by `reply`. May be
/// repeated: creating again what exists, or removing what is gone, changes nothing.
struct project_order {
  project_number number{};
  domain::command what;
  order_reply_ptr reply;
  bool visiting = false;  // from the directory of another node
  journey trip = {};
};
/// Sender: a project_actor that ended although leases may run: the gateway loads the project anew.
struct load_project {
  project_number number{};
};
/// A page of tasks to read. Sender: project_actor, once all it has promised is applied.
struct list_job {
  routed_request asked;
  domain::project_view project;
};
/// The statuses of one project that are on their way to the directory: the newest one counts.
/// Thread: the gateway's, but it may end with its last status on any.
struct status_line {
  std::uint64_t newest = 0;
};
/// A project's status changed; the directory records it and then gives the reply.
/// Sender: project_actor, after its own commit, and, without a reply, whenever it was loaded: a
/// crash may have come in between.
struct status_changed {
  project_number number{};
  domain::project_status status{};
  order_reply_ptr reply;
  bool visiting = false;  // from a project of another node
  /// Set by the gateway, unless visiting: a newer status of the same project replaces this one.
  std::shared_ptr<status_line> line = {};
  std::uint64_t place = 0;  // in it, from 1 on
  journey trip = {};
};

/// What may have to go to another node.
using traveller = std::variant<routed_request, project_order, status_changed>;

/// Nothing was decided, because this node does not serve the shard (any more): to be sent where it
/// is served. Sender: project_actor, agent_actor, directory_actor, reader to the gateway.
struct unserved {
  traveller what;
};

/// Sender: the threads of the node's network to a visitors_actor.
struct peer_question_arrived {
  std::shared_ptr<cluster::incoming_request> question;
};
/// The answer of another node. Sender: threads of the network to the gateway.
struct peer_answered {
  std::uint64_t number = 0;
  result<std::string> bytes;
};

/// A request that went to another node past the gateway, and was not answered there (entrance.hpp).
/// Sender: threads of the network to the gateway.
struct peer_returned {
  routed_request asked;
  cluster::node_name from;
  result<std::string> bytes;
};

/// Sender: a thread of a replica to the gateway: what this node serves has changed.
struct shard_began {
  shard_id shard{};
};
struct shard_ended {
  shard_id shard{};
};
/// Sender: gateway to an actor whose shard is no longer served here.
struct shard_lost {};

/// Sender: project_actor to the gateway: nothing left to do here. Answer: project_may_end, after
/// which no more messages come for this incarnation.
struct project_idle {
  project_number number{};
};
/// Sender: project_actor to the gateway: its memory is worthless, and nothing is left to do here.
/// Answer: the same. The project is loaded anew a little later, for its leases.
struct project_lost {
  project_number number{};
};
struct project_may_end {};

/// Sender: gateway to the project_actor that was used least recently, while too many are loaded.
/// Answer: project_idle, or project_busy and, when it could leave, project_free; none if it is on
/// its way out already. Asked once until then.
struct leave_memory {};
struct project_busy {
  project_number number{};
};
struct project_free {
  project_number number{};
};

/// Sender: replica threads, by the stream's observer. `stream` numbers the streams of one actor.
struct changes_committed {
  std::uint64_t ticket = 0;
  std::uint64_t stream = 0;
};
struct changes_applied {
  std::uint64_t ticket = 0;
  std::uint64_t stream = 0;
};
struct changes_lost {
  error_info why;
  std::uint64_t stream = 0;
};

/// Sender: a large creation that is answered and gone, to the gateway.
struct room_freed {
  std::size_t bytes = 0;
};

/// Timers to itself of an actor that lives as long as its node; others have timers.hpp.
struct overdue_timer {};
struct retry_timer {};
struct travel_timer {};
struct admission_timer {};

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
/// Sender: project_actor, whose shard is no longer served here: a parked poll goes to the gateway,
/// to be parked where it is. Answer: poll_absent if there was one.
struct return_poll {
  caf::actor gateway;
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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::project_idle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::project_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::project_may_end)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::leave_memory)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::project_busy)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::project_free)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::changes_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::changes_applied)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::changes_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::overdue_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::retry_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::park_poll)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::wake_poll)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::poll_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::poll_absent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::session_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::release_polls)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::unserved)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::peer_question_arrived)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::peer_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::peer_returned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::shard_began)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::shard_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::shard_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::travel_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::room_freed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::admission_timer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(taskdriver::actors::return_poll)
