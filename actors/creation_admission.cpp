// Room is held by the requests themselves, so that it comes back however they end.
#include "actors/creation_admission.hpp"

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <utility>

namespace taskdriver::actors {
namespace {

/// Below this a creation costs little more than any other request.
constexpr std::size_t small_bytes = 16 * 1024;
/// Of a task, beside its texts, on its way through a decision, its log entry and its answer.
constexpr std::size_t task_overhead_bytes = 256;
/// While it waits a creation has its texts once; under way they are in its records, its log entry,
/// the batches that write it and its answer too, but not in all of them at the same time.
/// (Measured: 64 producers with 12 MiB of texts under way took 334 MB, the server 40 without.)
constexpr std::size_t copies_under_way = 3;

std::size_t bytes_of(const domain::new_task& task) {
  std::size_t bytes = task_overhead_bytes + task.instructions.size();
  for (const auto& v : task.variables) bytes += sizeof v + v.name.size() + v.text.size();
  return bytes;
}

/// 0 for what passes.
std::size_t bytes_of(const operation& what) {
  const auto* command = std::get_if<domain::command>(&what);
  if (!command) return 0;
  std::size_t bytes = 0;
  if (const auto* one = std::get_if<domain::create_task>(command)) bytes = bytes_of(one->task);
  if (const auto* many = std::get_if<domain::create_tasks>(command))
    for (const auto& item : many->items) bytes += bytes_of(item.task);
  return bytes < small_bytes ? 0 : bytes;
}

/// Gives the room back as the request that holds it goes. Thread: any.
class room {
public:
  room(caf::actor_addr gateway, std::size_t bytes) : gateway_(std::move(gateway)), bytes_(bytes) {}
  room(const room&) = delete;
  room& operator=(const room&) = delete;
  ~room() {
    // The gateway may be gone, and a request must not keep it.
    if (const auto gateway = caf::actor_cast<caf::actor>(gateway_))
      caf::anon_send(gateway, room_freed{bytes_});
  }

private:
  caf::actor_addr gateway_;
  std::size_t bytes_;
};

error_info busy() {
  return {.code = errc::unavailable,
          .text = "Too many tasks are being created at the same time",
          .retry_after_s = 2};
}

}  // namespace

bool creation_admission::concerns(const routed_request& r) {
  return bytes_of(r.request->what) > 0;
}

bool creation_admission::admit(routed_request& r) {
  if (r.request->room) return true;
  const auto bytes = bytes_of(r.request->what);
  if (bytes == 0) return true;
  if (waiting_.empty() && has_room(bytes)) return let_in(r, bytes), true;
  if (waiting_bytes_ + bytes > node_.settings.creations_waiting_bytes_max)
    r.request->respond(busy());
  else
    keep(std::move(r), bytes);
  return false;
}

/// One request may be larger than all the room there is: it then has it alone.
bool creation_admission::has_room(std::size_t bytes) const {
  return under_way_bytes_ == 0 || under_way_bytes_ + copies_under_way * bytes <=
                                      node_.settings.creations_under_way_bytes_max;
}

void creation_admission::let_in(routed_request& r, std::size_t bytes) {
  under_way_bytes_ += copies_under_way * bytes;
  r.request->room = std::make_shared<const room>(caf::actor_cast<caf::actor_addr>(&gateway_),
                                                 copies_under_way * bytes);
}

void creation_admission::keep(routed_request r, std::size_t bytes) {
  waiting_bytes_ += bytes;
  waiting_.push_back({std::move(r), bytes, node_.now().steady_ms});
  node_.counts.show_creations_waiting(waiting_.size());
  arm_timer();
}

creation_admission::waiting creation_admission::take_first() {
  auto first = std::move(waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= first.bytes;
  node_.counts.show_creations_waiting(waiting_.size());
  return first;
}

std::vector<routed_request> creation_admission::freed(std::size_t bytes) {
  under_way_bytes_ -= bytes;
  std::vector<routed_request> admitted;
  while (!waiting_.empty() && has_room(waiting_.front().bytes)) {
    auto first = take_first();
    // Nobody would hear that the tasks were created, and who asks again would create them twice.
    if (first.asked.request->gone()) continue;
    let_in(first.asked, first.bytes);
    admitted.push_back(std::move(first.asked));
  }
  return admitted;
}

void creation_admission::end_overdue() {
  timer_armed_ = false;
  const auto oldest_ms = node_.now().steady_ms - node_.settings.creation_wait_ms;
  while (!waiting_.empty() && waiting_.front().since_ms <= oldest_ms)
    take_first().asked.request->respond(busy());
  if (!waiting_.empty()) arm_timer();
}

void creation_admission::clear() {
  while (!waiting_.empty()) take_first().asked.request->respond(busy());
}

void creation_admission::arm_timer() {
  if (std::exchange(timer_armed_, true)) return;
  gateway_.delayed_send(&gateway_, std::chrono::seconds(1), admission_timer{});
}

}  // namespace taskdriver::actors
