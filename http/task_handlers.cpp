// Requests about single tasks and lists of them.
#include "http/cursor.hpp"
#include "http/error_status.hpp"
#include "http/json_body.hpp"
#include "http/request_fields.hpp"

namespace taskdriver::http::handlers {
namespace {

namespace limits = domain::limits;
using domain::task_status;

template <class Command>
result<api_work> about_task(const api_call& call) {
  const auto id = object_in_path(call, "Task");
  if (!id) return id.error();
  return api_work{home_of(*id), Command{*id}};
}

}  // namespace

result<api_work> list_tasks(const api_call& call) {
  auto project = project_in_path(call);
  if (!project) return project.error();
  auto in = query_reader::parse(call.query);
  if (!in) return in.error();
  constexpr std::string_view choices[] = {"queued", "running", "completed", "failed"};
  constexpr task_status statuses[] = {task_status::queued, task_status::running,
                                      task_status::completed, task_status::failed};
  domain::list_tasks list;
  if (const auto chosen = in->choice("status", choices)) list.status = statuses[*chosen];
  list.assigned_to = in->text("assignedTo", domain::rules::agent_name);
  list.batch_id = in->text("batchId", domain::rules::batch_id);
  list.type_id = in->id("typeId", "Task type");
  const auto page = read_page(*in, limits::list_tasks_limit_max, task_cursor);
  list.limit = page.limit;
  list.offset = page.offset;
  list.after = sequence{page.after};
  if (!in->errors().empty()) return validation_error(std::move(in->errors()));
  return api_work{*project, std::move(list)};
}

result<api_work> create_task(const api_call& call) {
  auto project = project_in_path(call);
  if (!project) return project.error();
  auto body = json_body::parse(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::create_task create{read_new_task(in, {})};
  if (!errors.empty()) return validation_error(std::move(errors));
  return api_work{*project, std::move(create)};
}

result<api_work> get_task(const api_call& call) {
  return about_task<domain::get_task>(call);
}

result<api_work> update_task(const api_call& call) {
  const auto id = object_in_path(call, "Task");
  if (!id) return id.error();
  auto body = json_body::parse(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::update_task update;
  update.id = *id;
  update.instructions =
      in.text("instructions", text_bounds{"Instructions", limits::instructions_bytes_max, false});
  update.variables = read_variables(in);
  in.refuse_others({"id", "projectId", "typeId", "batchId", "status", "assignedTo", "assignedAt",
                    "leaseExpiresAt", "leaseEpoch", "retryCount", "maxRetries", "result", "outputs",
                    "error", "createdAt", "updatedAt", "completedAt", "failedAt", "attempts"});
  if (!errors.empty()) return validation_error(std::move(errors));
  return api_work{home_of(*id), std::move(update)};
}

result<api_work> delete_task(const api_call& call) {
  return about_task<domain::remove_task>(call);
}

}  // namespace taskdriver::http::handlers
