// One handler: read the page, answer.
#include "actors/reader_actor.hpp"

#include <caf/event_based_actor.hpp>
#include <exception>

#include "actors/local_messages.hpp"
#include "base/log.hpp"
#include "domain/task_listing.hpp"

namespace taskdriver::actors {
namespace {

/// An exception (memory, most likely) costs this list an answer of 503, not the reader its life.
void read_list(const node_context& node, list_job& job) try {
  const auto& command = std::get<domain::command>(job.request->what);
  const auto& what = std::get<domain::list_tasks>(command);
  const auto& records = node.replicas.records();
  // The project's own may count what is not committed yet (P7).
  job.project.counters = records.load_counters(job.project.record.id.project());
  job.request->respond(domain::reply{list_page(records, job.project, what)});
} catch (const std::exception& e) {
  log_event(log_level::error, "list failed", {{"reason", e.what()}});
}

}  // namespace

caf::actor spawn_reader_actor(caf::actor_system& system, const node_context& node) {
  return system.spawn([&node](caf::event_based_actor*) -> caf::behavior {
    return {[&node](list_job& job) { read_list(node, job); }};
  });
}

}  // namespace taskdriver::actors
