// The first half of every API operation: one function per route, from the request to what the
// actors are asked. The second half, from their reply to JSON, is in render_reply.hpp.
#pragma once

#include <cstdint>
#include <string_view>

#include "actors/messages.hpp"
#include "http/render_reply.hpp"
#include "http/route.hpp"

namespace taskdriver::http {

/// What the server was started with, as far as handlers care.
struct api_options {
  std::int64_t session_lifetime_ms = std::int64_t{8} * 3600 * 1000;
};

/// One request as its handler sees it. The views live as long as the call.
struct api_call {
  std::string_view parameter;  // of the path, decoded: a project id, an agent name, …
  std::string_view query;      // what follows the "?", still encoded
  std::string_view body;
  const actors::credentials& from;
  const api_options& options;
};

struct api_work {
  actors::destination to;
  actors::operation what;
  reply_context context = {};
};

/// Each checks all fields of its request at once. Pure but for the random bytes of new ids and
/// tokens. Thread: any. Fails: bad_request, validation, not_found (a path id that cannot exist).
namespace handlers {

result<api_work> login(const api_call& call);
result<api_work> logout(const api_call& call);
result<api_work> get_session(const api_call& call);
result<api_work> update_session(const api_call& call);

result<api_work> list_projects(const api_call& call);
result<api_work> create_project(const api_call& call);
result<api_work> get_project(const api_call& call);
result<api_work> update_project(const api_call& call);
result<api_work> delete_project(const api_call& call);
result<api_work> get_project_stats(const api_call& call);

result<api_work> list_task_types(const api_call& call);
result<api_work> create_task_type(const api_call& call);
result<api_work> get_task_type(const api_call& call);
result<api_work> update_task_type(const api_call& call);
result<api_work> delete_task_type(const api_call& call);

result<api_work> list_tasks(const api_call& call);
result<api_work> create_task(const api_call& call);
result<api_work> create_tasks(const api_call& call);
result<api_work> get_task(const api_call& call);
result<api_work> update_task(const api_call& call);
result<api_work> delete_task(const api_call& call);

result<api_work> list_agents(const api_call& call);
result<api_work> peek_next_task(const api_call& call);
result<api_work> next_task(const api_call& call);
result<api_work> complete_task(const api_call& call);
result<api_work> fail_task(const api_call& call);
result<api_work> cleanup_leases(const api_call& call);
result<api_work> extend_lease(const api_call& call);

result<api_work> show_cluster(const api_call& call);
result<api_work> list_nodes(const api_call& call);
result<api_work> list_shards(const api_call& call);
result<api_work> drain_node(const api_call& call);
result<api_work> undrain_node(const api_call& call);
result<api_work> remove_node(const api_call& call);
result<api_work> move_replica(const api_call& call);
result<api_work> transfer_shard(const api_call& call);
result<api_work> unpin_shard(const api_call& call);
result<api_work> force_primary(const api_call& call);
result<api_work> make_backup(const api_call& call);

}  // namespace handlers
}  // namespace taskdriver::http
