// Requests about task types.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "http/error_status.hpp"
#include "http/json_body.hpp"
#include "http/request_fields.hpp"

namespace taskdriver::http::handlers {
namespace {

namespace limits = domain::limits;
using domain::duplicate_handling;

/// "variables" of a type: an array of names.
std::optional<std::vector<std::string>> read_names(field_reader& in) {
  auto* value = in.raw("variables");
  if (!value) return std::nullopt;
  if (!value->is_array()) {
    in.object_to("variables", "Must be an array of names", shown_value(*value));
    return std::nullopt;
  }
  if (auto objection = domain::rules::variable_count(value->size())) {
    in.object_to("variables", std::move(*objection));
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (auto& element : *value) {
    const auto field = "variables[" + std::to_string(&element - &(*value)[0]) + "]";
    if (!element.is_string()) {
      in.object_to(field, "Must be a string", shown_value(element));
      continue;
    }
    auto& name = element.get_ref<std::string&>();
    if (auto objection = domain::rules::variable_name(name)) {
      in.object_to(field, std::move(*objection), shown_text(name));
    } else if (std::ranges::find(names, name) != names.end()) {
      in.object_to(field, "Is listed twice", shown_text(name));
    } else {
      names.push_back(std::move(name));
    }
  }
  return names;
}

/// The fields that creation and update share; all of them may be absent.
domain::update_type read_type(field_reader& in) {
  domain::update_type type;
  type.template_text = in.text("template", text_bounds{"Template", limits::template_bytes_max});
  type.variables = read_names(in);
  constexpr std::string_view choices[] = {"allow", "ignore", "fail"};
  constexpr duplicate_handling handlings[] = {duplicate_handling::allow, duplicate_handling::ignore,
                                              duplicate_handling::fail};
  if (const auto chosen = in.choice("duplicateHandling", choices))
    type.duplicates = handlings[*chosen];
  type.max_retries = to_u32(in.whole("maxRetries", {"Maximum retries", 0, limits::retries_max}));
  type.lease_s = read_lease_s(in, "leaseDurationMinutes", "leaseDurationSeconds");
  return type;
}

template <class Command>
result<api_work> about_type(const api_call& call) {
  const auto id = object_in_path(call, "Task type");
  if (!id) return id.error();
  return api_work{home_of(*id), Command{*id}};
}

}  // namespace

result<api_work> list_task_types(const api_call& call) {
  auto project = project_in_path(call);
  if (!project) return project.error();
  return api_work{*project, domain::list_types{}};
}

result<api_work> create_task_type(const api_call& call) {
  auto project = project_in_path(call);
  if (!project) return project.error();
  auto body = json_body::parse(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::create_type create;
  create.random = random_u64();
  create.name = in.required_text("name", domain::rules::type_name);
  auto shared = read_type(in);
  if (!errors.empty()) return validation_error(std::move(errors));
  create.template_text = std::move(shared.template_text).value_or("");
  create.variables = std::move(shared.variables);
  create.duplicates = shared.duplicates.value_or(duplicate_handling::allow);
  create.max_retries = shared.max_retries;
  create.lease_s = shared.lease_s;
  return api_work{*project, std::move(create)};
}

result<api_work> get_task_type(const api_call& call) {
  return about_type<domain::get_type>(call);
}

result<api_work> update_task_type(const api_call& call) {
  const auto id = object_in_path(call, "Task type");
  if (!id) return id.error();
  auto body = json_body::parse(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  auto update = read_type(in);
  update.id = *id;
  update.name = in.text("name", domain::rules::type_name);
  in.refuse_others({"id", "projectId", "createdAt", "updatedAt"});
  if (!errors.empty()) return validation_error(std::move(errors));
  return api_work{home_of(*id), std::move(update)};
}

result<api_work> delete_task_type(const api_call& call) {
  return about_type<domain::remove_type>(call);
}

}  // namespace taskdriver::http::handlers
