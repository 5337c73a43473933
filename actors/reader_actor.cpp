// One handler: read the page, answer.
#include "actors/reader_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <exception>

#include "actors/local_messages.hpp"
#include "base/log.hpp"
#include "domain/task_listing.hpp"

namespace taskdriver::actors {
namespace {

domain::task_page page_for(const node_context& node, list_job& job) {
  const auto& command = std::get<domain::command>(job.asked.request->what);
  const auto& records = node.replicas.records();
  // The project's own may count what is not committed yet (P7).
  job.project.counters = records.load_counters(job.project.record.id.project());
  return list_page(records, job.project, std::get<domain::list_tasks>(command));
}

/// The records of a shard may be removed from a node that stopped serving it, so a page counts only
/// if it is served here after it was read. False: it is not.
/// An exception (memory, most likely) costs this list an answer of 503, not the reader its life.
bool read_list(const node_context& node, list_job& job) try {
  auto page = page_for(node, job);
  const auto project = job.project.record.id.project();
  if (!node.replicas.may_answer(project, node.now().steady_ms)) return false;
  job.asked.request->respond(domain::reply{std::move(page)});
  return true;
} catch (const std::exception& e) {
  log_event(log_level::error, "list failed", {{"reason", e.what()}});
  return true;
}

}  // namespace

caf::actor spawn_reader_actor(caf::local_actor& gateway, const node_context& node) {
  const auto home = caf::actor_cast<caf::actor_addr>(&gateway);
  return gateway.spawn([&node, home](caf::event_based_actor* self) -> caf::behavior {
    return {[&node, home, self](list_job& job) {
      if (read_list(node, job)) return;
      if (const auto to = caf::actor_cast<caf::actor>(home))
        self->send(to, unserved{std::move(job.asked)});
    }};
  });
}

}  // namespace taskdriver::actors
