// What http/ hands to the actors and how it gets its answer: one api_request per HTTP request.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/result.hpp"
#include "domain/caller.hpp"
#include "domain/cluster_commands.hpp"
#include "domain/commands.hpp"
#include "domain/replies.hpp"

namespace taskdriver::actors {

/// Who asks, as far as http/ can tell from the Authorization header alone.
struct no_credentials {};
struct admin_credentials {};  // the admin token, already compared
struct session_credentials {
  project_number home{};  // from the token: where its session is kept
  domain::token_hash token{};
};
using credentials = std::variant<no_credentials, admin_credentials, session_credentials>;

/// Where a command is to be carried out.
struct to_directory {};  // create and list projects
struct to_project {
  project_number number{};
  object_id id;
};  // `id` must match the stored one
struct to_named_project {
  std::string ref;
};                       // id or name, e.g. login's projectId
struct to_home {};       // the project of the caller's session
struct to_this_node {};  // what operators ask: no project, no other node
using destination = std::variant<to_directory, to_project, to_named_project, to_home, to_this_node>;

using operation = std::variant<domain::command, domain::list_projects, domain::cluster_command>;

/// Facts about the caller that http/ needs with the answer (rate limits, request log).
struct caller_facts {
  bool authenticated = false;  // the token was valid, also if the request was refused otherwise
  std::string agent;           // of the session
  std::string forwarded_to;    // the node that carried the request out, if it was another one
};

using answer = result<domain::reply>;

/// An answer as http/ on the node that carried the request out has rendered it.
struct rendered_answer {
  int status = 200;
  std::string body;
  int retry_after_s = 0;                        // 0 = none
  std::optional<domain::token_hash> new_token;  // of a login: its session's
};

struct routed_request;  // local_messages.hpp

/// One request on its way through the actors and back.
///
/// Made on an io thread, moved from actor to actor by shared_ptr (one owner at a time), answered
/// exactly once from any thread. If it is destroyed unanswered (an actor died), it answers 503.
class api_request {
public:
  virtual ~api_request() = default;

  credentials from;
  destination to;
  operation what;
  caller_facts caller;
  /// Of a large creation under way: gives its room back when it goes (creation_admission.hpp).
  std::shared_ptr<const void> room;

  /// Gives the answer; a second call is ignored.
  virtual void respond(answer a) = 0;
  /// True once the client hung up: a parked request is then skipped.
  virtual bool gone() const = 0;

  /// The request as http/ on another node can read it (request_reader); empty if it must stay here.
  virtual std::string wire() const { return {}; }
  /// Gives the answer of the node that carried it out; counts as respond().
  virtual void respond_rendered(rendered_answer) {
    respond(error_info{.code = errc::internal, .text = "A request that does not travel"});
  }
  /// A request that came from another node goes back there undecided, to be sent where it belongs.
  /// False: its client is this node's.
  virtual bool give_back(const routed_request&) { return false; }
};

using request_ptr = std::shared_ptr<api_request>;

}  // namespace taskdriver::actors
