// Records of the API reference's examples, as the actors would reply with them.
#pragma once

#include <memory>

#include "domain/replies.hpp"

namespace taskdriver::http {

inline constexpr std::int64_t ten_oclock_ms = 1704103200000;  // 2024-01-01T10:00:00Z
inline constexpr std::int64_t minute_ms = 60'000;

inline object_id sample_project_id() {
  return object_id::make(project_number{7}, sequence{0}, 0xaa);
}
inline object_id sample_type_id() {
  return object_id::make(project_number{7}, sequence{1}, 0xbb);
}
inline object_id sample_task_id() {
  return object_id::make(project_number{7}, sequence{2}, 0xcc);
}

inline domain::project_view sample_project() {
  domain::project_view view;
  view.record = {.id = sample_project_id(),
                 .name = "ai-analysis",
                 .description = "AI-powered code analysis",
                 .instructions = "Follow security best practices...",
                 .created_ms = ten_oclock_ms,
                 .updated_ms = ten_oclock_ms};
  view.counters.queued = 10;
  view.counters.running = 5;
  view.counters.completed = 80;
  view.counters.failed = 5;
  return view;
}

inline domain::task_spec sample_spec() {
  return {.id = sample_task_id(),
          .type_id = sample_type_id(),
          .instructions = "Analyze security vulnerabilities...",
          .variables = {{"repository_url", domain::variable_kind::string, "https://x/y"}},
          .batch_id = "",
          .max_retries = 3,
          .created_ms = ten_oclock_ms + 30 * minute_ms};
}

inline domain::task_progress running_progress() {
  domain::task_progress progress;
  progress.status = domain::task_status::running;
  progress.lease_epoch = 1;
  progress.assigned_to = "security-analysis-agent";
  progress.assigned_ms = ten_oclock_ms + 60 * minute_ms;
  progress.lease_expires_ms = ten_oclock_ms + 90 * minute_ms;
  progress.updated_ms = progress.assigned_ms;
  return progress;
}

inline domain::task_view task_of(domain::task_spec spec, domain::task_progress progress) {
  domain::task_view view;
  view.project = sample_project_id();
  view.spec = std::make_shared<const domain::task_spec>(std::move(spec));
  view.progress = std::make_shared<const domain::task_progress>(std::move(progress));
  return view;
}

}  // namespace taskdriver::http
