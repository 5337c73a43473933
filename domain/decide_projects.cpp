// Decisions about a project itself: create, update, close, reopen, delete, statistics.
#include "domain/decide_parts.hpp"

namespace taskdriver::domain {

result<reply> decide_on(decision_context& c, const create_project& what) {
  // The directory repeats a creation whose answer it lost: the same id is the same project.
  if (c.state().exists()) {
    if (c.state().record().id == what.id) return reply{view_of(c.state(), c.tx.counters())};
    return error_info{.code = errc::internal, .text = "Project number was given twice"};
  }
  const auto now = c.tx.now().wall_ms;
  c.tx.record(put_project{{.id = what.id,
                           .name = what.name,
                           .description = what.description,
                           .instructions = what.instructions,
                           .status = project_status::active,
                           .config = what.config,
                           .created_ms = now,
                           .updated_ms = now}});
  return reply{view_of(c.state(), c.tx.counters())};
}

result<reply> decide_on(decision_context& c, const update_project& what) {
  auto record = c.state().record();
  if (what.description) record.description = *what.description;
  if (what.instructions) record.instructions = *what.instructions;
  if (what.status) record.status = *what.status;
  auto& config = record.config;
  if (what.config.default_max_retries)
    config.default_max_retries = *what.config.default_max_retries;
  if (what.config.default_lease_s) config.default_lease_s = *what.config.default_lease_s;
  if (what.config.reaper_interval_minutes)
    config.reaper_interval_minutes = *what.config.reaper_interval_minutes;
  record.updated_ms = c.tx.now().wall_ms;
  c.tx.record(put_project{std::move(record)});
  return reply{view_of(c.state(), c.tx.counters())};
}

result<reply> decide_on(decision_context& c, const remove_project&) {
  c.tx.record(delete_project{});
  return reply{done_view{"Project deleted"}};
}

result<reply> decide_on(decision_context& c, const get_project&) {
  return reply{view_of(c.state(), c.tx.counters())};
}

result<reply> decide_on(decision_context& c, const get_stats&) {
  const auto hour = c.state().activity().last_hour(c.tx.now().wall_ms);
  const double seconds = static_cast<double>(hour.duration_ms) / 1000.0;
  return reply{
      stats_view{.project = view_of(c.state(), c.tx.counters()),
                 .active_agents = c.state().leases().size(),
                 .completed_last_hour = hour.completed,
                 .failed_last_hour = hour.failed,
                 .average_duration_s =
                     hour.completed == 0 ? 0 : seconds / static_cast<double>(hour.completed)}};
}

}  // namespace taskdriver::domain
