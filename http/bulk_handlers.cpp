// Creation of many tasks at once: what can be read goes on, the rest is told in the answer (A14).
#include <nlohmann/json.hpp>

#include "http/error_status.hpp"
#include "http/json_body.hpp"
#include "http/request_fields.hpp"

namespace taskdriver::http::handlers {
namespace {

namespace limits = domain::limits;

/// A thousand items with a hundred wrong variables each must not make an answer of many megabytes.
constexpr std::size_t item_errors_max = 20;

/// "tasks" itself; nullptr after an error.
nlohmann::json* read_items(field_reader& in) {
  auto* items = in.raw("tasks");
  if (!items) {
    in.object_to("tasks", "Tasks are required");
    return nullptr;
  }
  if (!items->is_array()) {
    in.object_to("tasks", "Must be an array", shown_value(*items));
    return nullptr;
  }
  if (auto objection = domain::rules::whole_number("The number of tasks",
                                                   static_cast<std::int64_t>(items->size()), 1,
                                                   limits::bulk_tasks_max)) {
    in.object_to("tasks", std::move(*objection));
    return nullptr;
  }
  return items;
}

void read_item(nlohmann::json& item, std::size_t index, domain::create_tasks& create,
               reply_context& context) {
  const auto path = "tasks[" + std::to_string(index) + "]";
  field_errors errors;
  if (!item.is_object()) {
    errors.push_back({path, "Must be an object", shown_value(item)});
  } else {
    field_reader in(item, errors, path + ".");
    auto task = read_new_task(in, create.batch_id);
    if (errors.empty()) create.items.push_back({index, std::move(task)});
  }
  if (errors.empty()) return;
  if (errors.size() > item_errors_max) errors.resize(item_errors_max);
  auto text = public_text(validation_error(errors));
  context.unread_items.push_back({index, std::move(text), std::move(errors)});
}

}  // namespace

result<api_work> create_tasks(const api_call& call) {
  auto project = project_in_path(call);
  if (!project) return project.error();
  auto body = json_body::parse(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::create_tasks create;
  create.batch_id = in.text("batchId", domain::rules::batch_id).value_or("");
  auto* items = read_items(in);
  if (!errors.empty()) return validation_error(std::move(errors));
  reply_context context;
  create.items.reserve(items->size());
  for (std::size_t i = 0; i < items->size(); ++i) read_item((*items)[i], i, create, context);
  // Also without a single readable item: the actors still say whether the caller may do this.
  return api_work{*project, std::move(create), std::move(context)};
}

}  // namespace taskdriver::http::handlers
