// The JSON of projects, their statistics, and task types.
#include "http/render_entities.hpp"

namespace taskdriver::http {
namespace {

void write_counts(json_writer& out, const domain::project_counters& counters) {
  out.open_object("stats");
  out.number("totalTasks", counters.total());
  out.number("completedTasks", counters.completed);
  out.number("failedTasks", counters.failed);
  out.number("queuedTasks", counters.queued);
  out.number("runningTasks", counters.running);
  out.close_object();
}

std::string_view name_of(domain::project_status status) {
  switch (status) {
    case domain::project_status::active:
      return "active";
    case domain::project_status::closed:
      return "closed";
  }
  return "closed";
}

std::string_view name_of(domain::duplicate_handling handling) {
  switch (handling) {
    case domain::duplicate_handling::allow:
      return "allow";
    case domain::duplicate_handling::ignore:
      return "ignore";
    case domain::duplicate_handling::fail:
      return "fail";
  }
  return "allow";
}

}  // namespace

void write_lease_duration(json_writer& out, std::string_view minutes_name,
                          std::string_view seconds_name, std::uint32_t seconds) {
  if (seconds % 60 == 0) {
    out.number(minutes_name, seconds / 60);
  } else {
    out.real(minutes_name, seconds / 60.0);
    out.number(seconds_name, seconds);
  }
}

void write_project(json_writer& out, const domain::project_view& project) {
  const auto& record = project.record;
  out.id("id", record.id);
  out.text("name", record.name);
  out.text_if("description", record.description);
  out.text_if("instructions", record.instructions);
  out.text("status", name_of(record.status));
  out.time("createdAt", record.created_ms);
  out.time("updatedAt", record.updated_ms);
  out.open_object("config");
  out.number("defaultMaxRetries", record.config.default_max_retries);
  write_lease_duration(out, "defaultLeaseDurationMinutes", "defaultLeaseDurationSeconds",
                       record.config.default_lease_s);
  out.number("reaperIntervalMinutes", record.config.reaper_interval_minutes);
  out.close_object();
  write_counts(out, project.counters);
}

void write_stats(json_writer& out, const domain::stats_view& stats) {
  out.open_object("project");
  out.id("id", stats.project.record.id);
  out.text("name", stats.project.record.name);
  write_counts(out, stats.project.counters);
  out.close_object();
  out.number("queueDepth", stats.project.counters.queued);
  out.number("activeAgents", stats.active_agents);
  out.open_object("recentActivity");
  out.number("tasksCompletedLastHour", stats.completed_last_hour);
  out.number("tasksFailedLastHour", stats.failed_last_hour);
  out.real("averageTaskDuration", stats.average_duration_s);
  out.close_object();
}

void write_type(json_writer& out, const domain::task_type& record, const object_id& project) {
  out.id("id", record.id);
  out.id("projectId", project);
  out.text("name", record.name);
  out.text_if("template", record.template_text);
  out.open_array("variables");
  for (const auto& name : record.variables) out.text_value(name);
  out.close_array();
  out.text("duplicateHandling", name_of(record.duplicates));
  out.number("maxRetries", record.max_retries);
  write_lease_duration(out, "leaseDurationMinutes", "leaseDurationSeconds", record.lease_s);
  out.time("createdAt", record.created_ms);
  out.time("updatedAt", record.updated_ms);
}

}  // namespace taskdriver::http
