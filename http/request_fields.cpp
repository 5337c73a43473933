// Reading of what several kinds of requests have in common.
#include "http/request_fields.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/random.hpp"
#include "base/text.hpp"
#include "http/error_status.hpp"

namespace taskdriver::http {
namespace {

namespace limits = domain::limits;

std::optional<domain::variable> variable_of(const std::string& name, nlohmann::json& value) {
  using domain::variable_kind;
  if (value.is_string())
    return domain::variable{name, variable_kind::string, std::move(value.get_ref<std::string&>())};
  if (value.is_number()) return domain::variable{name, variable_kind::number, value.dump()};
  if (value.is_boolean()) return domain::variable{name, variable_kind::boolean, value.dump()};
  return std::nullopt;
}

}  // namespace

result<actors::to_project> project_in_path(const api_call& call) {
  const auto id = object_id::parse(call.parameter);
  if (!id) return not_found_error("Project");
  return actors::to_project{id->project(), *id};
}

result<object_id> object_in_path(const api_call& call, std::string_view what) {
  const auto id = object_id::parse(call.parameter);
  if (!id) return not_found_error(what);
  return *id;
}

actors::to_project home_of(const object_id& id) {
  return {id.project(), {}};
}

bool is_admin(const actors::credentials& from) {
  return std::holds_alternative<actors::admin_credentials>(from);
}

std::optional<std::uint32_t> read_lease_s(field_reader& in, std::string_view minutes_name,
                                          std::string_view seconds_name) {
  const auto minutes =
      in.whole(minutes_name, {"Lease duration in minutes", 1, limits::lease_minutes_max});
  const auto seconds =
      in.whole(seconds_name, {"Lease duration in seconds", 1, limits::lease_s_max});
  if (seconds) return to_u32(seconds);
  if (minutes) return static_cast<std::uint32_t>(*minutes * 60);
  return std::nullopt;
}

page_request read_page(query_reader& in, std::int64_t limit_max, char cursor_kind) {
  page_request page;
  const auto limit = in.whole("limit", {"Limit", 1, limit_max});
  const auto offset = in.whole("offset", {"Offset", 0, limits::list_offset_max});
  page.limit = static_cast<std::size_t>(limit.value_or(limits::list_limit_default));
  page.offset = static_cast<std::size_t>(offset.value_or(0));
  page.after = in.cursor("cursor", cursor_kind).value_or(0);
  return page;
}

std::optional<std::vector<domain::variable>> read_variables(field_reader& in) {
  auto object = in.object("variables");
  if (!object) return std::nullopt;
  if (auto objection = domain::rules::variable_count(object->value().size())) {
    in.object_to("variables", std::move(*objection));
    return std::nullopt;
  }
  const auto errors_before = in.errors().size();
  std::vector<domain::variable> variables;
  // nlohmann's objects are sorted by name, so the result is.
  for (auto& [name, value] : object->value().items()) {
    const auto shown_name = utf8_prefix(name, limits::variable_name_length_max);
    if (auto objection = domain::rules::variable_name(name)) {
      object->object_to(shown_name, std::move(*objection), shown_text(name));
    } else if (auto variable = variable_of(name, value)) {
      variables.push_back(std::move(*variable));
    } else {
      object->object_to(shown_name, "Must be a string, a number or a boolean", shown_value(value));
    }
  }
  if (in.errors().size() > errors_before) return std::nullopt;
  return variables;
}

domain::new_task read_new_task(field_reader& in, const std::string& batch_default) {
  domain::new_task task;
  task.random = random_u64();
  const auto errors_before = in.errors().size();
  const auto type_id = in.id("typeId", "Task type");
  if (!type_id && in.errors().size() == errors_before)
    in.object_to("typeId", "Task type id is required");
  task.type_id = type_id.value_or(object_id{});
  task.instructions =
      in.text("instructions", text_bounds{"Instructions", limits::instructions_bytes_max})
          .value_or("");
  task.variables = read_variables(in).value_or(std::vector<domain::variable>{});
  task.batch_id = in.text("batchId", domain::rules::batch_id).value_or(batch_default);
  return task;
}

}  // namespace taskdriver::http
