// Decisions about task types: names, templates and what tasks inherit from them (A9, A10).
#include <algorithm>

#include "domain/decide_parts.hpp"
#include "domain/duplicate_index.hpp"
#include "domain/template.hpp"

namespace taskdriver::domain {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<field_error> uncovered(const task_type& type) {
  std::vector<field_error> errors;
  for (const auto& name : variables_of(type.template_text))
    if (!contains(type.variables, name))
      errors.push_back({"variables", "Template variable '" + name + "' is not listed", ""});
  return errors;
}

/// Lists what the template uses and `type.variables` does not name yet.
void add_missing_variables(task_type& type) {
  for (const auto& name : variables_of(type.template_text))
    if (!contains(type.variables, name)) type.variables.push_back(name);
}

error_info name_taken(const std::string& name) {
  return {.code = errc::name_taken, .text = "Task type name '" + name + "' is already taken"};
}

/// With `type` in the place of the stored one of the same id.
bool templates_fit(const project_state& state, const task_type& type) {
  std::size_t bytes = type.template_text.size();
  for (const auto& [number, stored] : state.types())
    if (number != type.id.seq()) bytes += stored.record.template_text.size();
  return bytes <= limits::templates_bytes_max;
}

/// Given variables must cover the template; omitted ones are derived. Checks sizes too.
result<void> settle_template(const project_state& state, task_type& type, bool variables_given) {
  if (!variables_given) add_missing_variables(type);
  auto errors = uncovered(type);
  if (!templates_fit(state, type))
    errors.push_back(
        {"template", "All templates of a project must be at most 16777216 bytes together", ""});
  if (type.variables.size() > limits::variables_max)
    errors.push_back({"template", "At most 100 variables are allowed", ""});
  if (!errors.empty()) return validation_error(std::move(errors));
  return {};
}

}  // namespace

result<reply> decide_on(decision_context& c, const create_type& what) {
  const auto& project = c.state().record();
  if (project.status == project_status::closed) return project_is_closed();
  if (c.state().type_named(what.name)) return name_taken(what.name);
  if (c.state().types().size() >= limits::types_per_project_max)
    return error_info{.code = errc::wrong_state,
                      .text = "Project has the largest allowed number of task types"};
  task_type type{
      .id = object_id::make(c.state().number(), sequence{c.tx.counters().next_type}, what.random),
      .name = what.name,
      .template_text = what.template_text,
      .variables = what.variables.value_or(std::vector<std::string>{}),
      .duplicates = what.duplicates,
      .max_retries = what.max_retries.value_or(project.config.default_max_retries),
      .lease_s = what.lease_s.value_or(project.config.default_lease_s),
      .created_ms = c.tx.now().wall_ms,
      .updated_ms = c.tx.now().wall_ms};
  if (auto ok = settle_template(c.state(), type, what.variables.has_value()); !ok)
    return ok.error();
  ++c.tx.change_counters().next_type;
  c.tx.record(put_type{type});
  c.tx.record(put_type_tasks{type.id.seq(), 0});
  return reply{type_view{project.id, std::move(type), true}};
}

result<reply> decide_on(decision_context& c, const update_type& what) {
  const auto* stored = c.state().type_of(what.id);
  if (!stored) return not_found("Task type");
  auto type = stored->record;
  if (what.name && *what.name != type.name) {
    if (c.state().type_named(*what.name)) return name_taken(*what.name);
    type.name = *what.name;
  }
  if (what.template_text) type.template_text = *what.template_text;
  if (what.variables) type.variables = *what.variables;
  if (auto ok = settle_template(c.state(), type, what.variables.has_value()); !ok)
    return ok.error();
  if (what.duplicates) type.duplicates = *what.duplicates;
  if (what.max_retries) type.max_retries = *what.max_retries;
  if (what.lease_s) type.lease_s = *what.lease_s;
  type.updated_ms = c.tx.now().wall_ms;
  c.tx.record(put_type{type});
  if (c.state().types_behind().contains(type.id.seq())) catch_up(c.tx, type.id.seq());
  return reply{type_view{c.state().record().id, std::move(type)}};
}

result<reply> decide_on(decision_context& c, const remove_type& what) {
  const auto* stored = c.state().type_of(what.id);
  if (!stored) return not_found("Task type");
  if (stored->tasks > 0)
    return error_info{.code = errc::in_use,
                      .text = "Task type has " + std::to_string(stored->tasks) + " tasks"};
  c.tx.record(delete_type{what.id.seq()});
  return reply{done_view{"Task type deleted"}};
}

result<reply> decide_on(decision_context& c, const get_type& what) {
  const auto* stored = c.state().type_of(what.id);
  if (!stored) return not_found("Task type");
  return reply{type_view{c.state().record().id, stored->record}};
}

result<reply> decide_on(decision_context& c, const list_types&) {
  type_list list{.project = c.state().record().id, .types = {}};
  for (const auto& [_, type] : c.state().types()) list.types.push_back(type.record);
  return reply{std::move(list)};
}

}  // namespace taskdriver::domain
