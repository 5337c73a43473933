// Decisions about tasks as things: creation one by one and in bulk, duplicates, update, removal.
#include <algorithm>

#include "base/check.hpp"
#include "domain/decide_parts.hpp"
#include "domain/duplicate_index.hpp"
#include "domain/fingerprint.hpp"
#include "domain/task_moves.hpp"
#include "domain/template.hpp"

namespace taskdriver::domain {
namespace {

struct found_task {
  spec_ptr spec;
  progress_ptr progress;
};

/// The task of this very id; its sequence alone is not enough.
std::optional<found_task> find_task(const project_state& state, const object_id& id) {
  auto spec = state.spec(id.seq());
  if (!spec || spec->id != id) return std::nullopt;
  auto progress = state.progress(id.seq());
  TASKDRIVER_CHECK(progress, "a task has a progress record");
  return found_task{std::move(spec), std::move(progress)};
}

/// Fills the template where no instructions were given (A11).
result<std::string> instructions_for(const new_task& task, const task_type& type) {
  if (!task.instructions.empty()) return task.instructions;
  if (type.template_text.empty())
    return validation_error(
        {{"instructions", "Instructions are required: the task type has no template", ""}});
  auto filled = fill_template(type.template_text, task.variables, limits::instructions_bytes_max);
  if (!filled.missing.empty()) {
    std::vector<field_error> errors;
    for (const auto& name : filled.missing)
      errors.push_back(
          {"variables." + name, "Variable '" + name + "' is required by the template", ""});
    return validation_error(std::move(errors));
  }
  if (filled.text.empty())
    return validation_error({{"instructions", "The filled template is empty", ""}});
  if (filled.text.size() > limits::instructions_bytes_max)
    return validation_error({{"variables",
                              "The filled template must be at most 1048576 bytes "
                              "long",
                              ""}});
  return std::move(filled.text);
}

/// A task that exists, has not failed and stands for the same work (A13).
std::optional<found_task> find_duplicate(const project_state& state, const task_spec& wanted) {
  const auto print = fingerprint_of(wanted.variables, wanted.instructions);
  for (const auto task : state.duplicate_candidates(wanted.type_id.seq(), print)) {
    auto spec = state.spec(task);
    if (!spec || !same_work(*spec, wanted)) continue;
    auto progress = state.progress(task);
    if (progress && progress->status != task_status::failed)
      return found_task{std::move(spec), std::move(progress)};
  }
  return std::nullopt;
}

result<created_task> create_one(decision_context& c, const new_task& task) {
  const auto* type = c.state().type_of(task.type_id);
  if (!type)
    return validation_error(
        {{"typeId", "Task type not found in this project", '"' + task.type_id.text() + '"'}});
  auto instructions = instructions_for(task, type->record);
  if (!instructions) return instructions.error();

  task_spec spec{.id = {},
                 .type_id = task.type_id,
                 .instructions = std::move(*instructions),
                 .variables = task.variables,
                 .batch_id = task.batch_id,
                 .max_retries = type->record.max_retries,
                 .created_ms = c.tx.now().wall_ms};
  if (type->record.duplicates != duplicate_handling::allow) {
    if (auto told = can_tell_duplicates(*type); !told) return told.error();
    if (auto existing = find_duplicate(c.state(), spec)) {
      if (type->record.duplicates == duplicate_handling::fail)
        return error_info{.code = errc::duplicate_task,
                          .text = "Duplicate of task " + existing->spec->id.text()};
      return created_task{view_of(c.state(), existing->spec, existing->progress), true};
    }
  }
  if (c.tx.counters().next_task > sequence_max)
    return error_info{.code = errc::unavailable, .text = "Project has used up its task numbers"};
  const sequence number{c.tx.change_counters().next_task++};
  spec.id = object_id::make(c.state().number(), number, task.random);
  const auto stored = std::make_shared<const task_spec>(std::move(spec));
  create(c.tx, stored);
  ++c.counts.created;
  return created_task{view_of(c.state(), stored, c.state().progress(stored->id.seq())), false};
}

error_info is_running(std::string_view verb) {
  return {.code = errc::wrong_state, .text = "A running task cannot be " + std::string(verb)};
}

error_info too_many_bytes() {
  return validation_error(
      {{"instructions", "The instructions of one bulk request must be at most 16777216 bytes",
        ""}});
}

/// All or nothing: an item that is refused for now is not reported as wrong.
result<void> can_tell_duplicates(const project_state& state, const create_tasks& what) {
  if (state.types_behind().empty()) return {};
  for (const auto& item : what.items) {
    const auto* type = state.type_of(item.task.type_id);
    if (type == nullptr) continue;
    if (auto told = can_tell_duplicates(*type); !told) return told;
  }
  return {};
}

/// Field names of an item are told as of the whole request: "tasks[3].typeId".
bulk_error bulk_error_of(std::size_t index, error_info e) {
  for (auto& field : e.fields) field.field = "tasks[" + std::to_string(index) + "]." + field.field;
  return {index, std::move(e.text), std::move(e.fields)};
}

}  // namespace

result<reply> decide_on(decision_context& c, const create_task& what) {
  if (c.state().record().status == project_status::closed) return project_is_closed();
  auto created = create_one(c, what.task);
  if (!created) return created.error();
  return reply{std::move(*created)};
}

result<reply> decide_on(decision_context& c, const create_tasks& what) {
  if (c.state().record().status == project_status::closed) return project_is_closed();
  if (auto told = can_tell_duplicates(c.state(), what); !told) return told.error();
  bulk_view view{.created = {}, .skipped = 0, .errors = {}, .batch_id = what.batch_id};
  std::size_t bytes = 0;
  for (const auto& item : what.items) {
    if (bytes > limits::bulk_bytes_max) {
      view.errors.push_back(bulk_error_of(item.index, too_many_bytes()));
      continue;
    }
    auto created = create_one(c, item.task);
    if (created && !created->duplicate) bytes += created->task.spec->instructions.size();
    if (!created)
      view.errors.push_back(bulk_error_of(item.index, created.error()));
    else if (created->duplicate)
      ++view.skipped;
    else
      view.created.push_back(std::move(created->task));
  }
  return reply{std::move(view)};
}

result<reply> decide_on(decision_context& c, const update_task& what) {
  auto found = find_task(c.state(), what.id);
  if (!found) return not_found("Task");
  if (found->progress->status == task_status::running) return is_running("changed");
  auto spec = *found->spec;
  if (what.instructions) spec.instructions = *what.instructions;
  if (what.variables) spec.variables = *what.variables;
  const auto stored = std::make_shared<const task_spec>(std::move(spec));
  replace_spec(c.tx, *found->spec, stored, *found->progress);
  return reply{view_of(c.state(), stored, c.state().progress(what.id.seq()))};
}

result<reply> decide_on(decision_context& c, const remove_task& what) {
  auto found = find_task(c.state(), what.id);
  if (!found) return not_found("Task");
  if (found->progress->status == task_status::running) return is_running("deleted");
  remove(c.tx, *found->spec, *found->progress);
  return reply{done_view{"Task deleted"}};
}

result<reply> decide_on(decision_context& c, const get_task& what) {
  auto found = find_task(c.state(), what.id);
  if (!found) return not_found("Task");
  return reply{view_of(c.state(), std::move(found->spec), std::move(found->progress))};
}

result<reply> decide_on(decision_context&, const list_tasks&) {
  TASKDRIVER_CHECK(false, "list_tasks is carried out by task_listing");
  return error_info{};
}

}  // namespace taskdriver::domain
