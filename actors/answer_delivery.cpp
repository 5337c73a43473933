// One way out for each waiting_answer::on_commit.
#include "actors/answer_delivery.hpp"

#include <caf/event_based_actor.hpp>
#include <utility>

namespace taskdriver::actors {
namespace {

/// The answer leaves when the directory, too, has recorded the status.
void publish_status(caf::event_based_actor& project, const delivery_route& route,
                    waiting_answer a) {
  auto request = std::move(a.asked.request);
  if (!a.what) return request->respond(std::move(a.what));
  const auto status = a.project->record.status;
  auto reply = std::make_shared<order_reply>(
      [request = std::move(request), what = std::move(a.what)](const answer& told) {
        if (told) return request->respond(what);
        request->respond(error_info{.code = errc::outcome_unknown,
                                    .text = "The change was made, but lists may not show it yet",
                                    .retry_after_s = 1});
      });
  project.send(route.gateway, status_changed{route.project, status, std::move(reply)});
}

}  // namespace

void deliver(caf::event_based_actor& project, const delivery_route& route, waiting_answer a) {
  switch (a.then) {
    case waiting_answer::on_commit::respond:
      return a.asked.request->respond(std::move(a.what));
    case waiting_answer::on_commit::list_tasks:
      return project.send(route.reader, list_job{std::move(a.asked), std::move(*a.project)});
    case waiting_answer::on_commit::publish_status:
      return publish_status(project, route, std::move(a));
    case waiting_answer::on_commit::answer_order:
      return a.order->give(std::move(a.what));
  }
}

error_info being_reloaded() {
  return {.code = errc::unavailable, .text = "The project is being reloaded", .retry_after_s = 1};
}

error_info served_elsewhere() {
  return {.code = errc::outcome_unknown,
          .text = "Another node serves the project now; the write may still be done",
          .retry_after_s = 1};
}

}  // namespace taskdriver::actors
