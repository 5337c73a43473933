// One handler: read the page, answer.
#include "actors/reader_actor.hpp"

#include <caf/event_based_actor.hpp>

#include "actors/local_messages.hpp"
#include "domain/task_listing.hpp"

namespace taskdriver::actors {

caf::actor spawn_reader_actor(caf::actor_system& system, const node_context& node) {
  return system.spawn([&node](caf::event_based_actor*) -> caf::behavior {
    return {[&node](const list_job& job) {
      const auto& command = std::get<domain::command>(job.request->what);
      const auto& what = std::get<domain::list_tasks>(command);
      job.request->respond(domain::reply{list_page(node.replicas.records(), job.project, what)});
    }};
  });
}

}  // namespace taskdriver::actors
