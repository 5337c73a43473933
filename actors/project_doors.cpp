// A table under a lock that those who enter share.
#include "actors/project_doors.hpp"

#include <caf/send.hpp>
#include <mutex>
#include <utility>

#include "actors/request_routes.hpp"

namespace taskdriver::actors {

bool project_doors::enter(project_number number, routed_request& r) {
  const std::shared_lock lock(mutex_);
  const auto found = doors_.find(number);
  if (found == doors_.end()) return false;
  found->second.last_use.store(next_stamp(), std::memory_order_relaxed);
  // Loading reads the disk, which a thread for HTTP must not wait for.
  if (found->second.loaded.load(std::memory_order_relaxed) && !may_take_long(r.request->what))
    lent_.send_here(found->second.actor, std::move(r));
  else
    caf::anon_send(found->second.actor, std::move(r));
  return true;
}

use_stamp project_doors::open(project_number number, caf::actor actor) {
  const auto stamp = next_stamp();
  const std::lock_guard lock(mutex_);
  auto& d = doors_[number];
  d.actor = std::move(actor);
  d.last_use = stamp;
  d.loaded = false;
  return stamp;
}

bool project_doors::loaded(project_number number) {
  const std::shared_lock lock(mutex_);
  const auto found = doors_.find(number);
  if (found == doors_.end()) return false;
  found->second.loaded = true;
  return true;
}

void project_doors::close(project_number number) {
  const std::lock_guard lock(mutex_);
  doors_.erase(number);
}

void project_doors::clear() {
  const std::lock_guard lock(mutex_);
  doors_.clear();
}

use_stamp project_doors::last_use(project_number number) {
  const std::shared_lock lock(mutex_);
  const auto found = doors_.find(number);
  return found == doors_.end() ? 0 : found->second.last_use.load(std::memory_order_relaxed);
}

use_stamp project_doors::use(project_number number) {
  const auto stamp = next_stamp();
  const std::shared_lock lock(mutex_);
  const auto found = doors_.find(number);
  if (found != doors_.end()) found->second.last_use.store(stamp, std::memory_order_relaxed);
  return stamp;
}

}  // namespace taskdriver::actors
