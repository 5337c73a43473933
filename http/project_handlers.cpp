// Requests about projects: list, create, read, change, delete, statistics.
#include "http/cursor.hpp"
#include "http/error_status.hpp"
#include "http/json_body.hpp"
#include "http/request_fields.hpp"

namespace taskdriver::http::handlers {
namespace {

namespace limits = domain::limits;
using domain::project_status;

constexpr text_bounds description_bounds{"Description", limits::description_bytes_max};
constexpr text_bounds instructions_bounds{"Instructions", limits::instructions_bytes_max};

domain::config_update read_config(field_reader& in) {
  domain::config_update config;
  config.default_max_retries =
      to_u32(in.whole("defaultMaxRetries", {"Maximum retries", 0, limits::retries_max}));
  config.default_lease_s =
      read_lease_s(in, "defaultLeaseDurationMinutes", "defaultLeaseDurationSeconds");
  config.reaper_interval_minutes =
      to_u32(in.whole("reaperIntervalMinutes", {"Reaper interval", 1, limits::reaper_minutes_max}));
  return config;
}

domain::project_config config_of(const domain::config_update& given) {
  domain::project_config config;
  config.default_max_retries = given.default_max_retries.value_or(config.default_max_retries);
  config.default_lease_s = given.default_lease_s.value_or(config.default_lease_s);
  config.reaper_interval_minutes =
      given.reaper_interval_minutes.value_or(config.reaper_interval_minutes);
  return config;
}

/// A command without fields about the project of the path.
result<api_work> about_project(const api_call& call, domain::command command) {
  auto project = project_in_path(call);
  if (!project) return project.error();
  return api_work{*project, std::move(command)};
}

}  // namespace

result<api_work> list_projects(const api_call& call) {
  auto in = query_reader::parse(call.query);
  if (!in) return in.error();
  constexpr std::string_view choices[] = {"active", "closed", "all"};
  constexpr std::optional<project_status> statuses[] = {project_status::active,
                                                        project_status::closed, std::nullopt};
  domain::list_projects list;
  list.status = statuses[in->choice("status", choices).value_or(0)];
  const auto page = read_page(*in, limits::list_projects_limit_max, project_cursor);
  list.limit = page.limit;
  list.offset = page.offset;
  list.after = project_number{static_cast<std::uint32_t>(page.after)};
  if (!in->errors().empty()) return validation_error(std::move(in->errors()));
  return api_work{actors::to_directory{}, std::move(list)};
}

result<api_work> create_project(const api_call& call) {
  auto body = json_body::parse(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::create_project create;
  create.name = in.required_text("name", domain::rules::project_name);
  create.description = in.text("description", description_bounds).value_or("");
  create.instructions = in.text("instructions", instructions_bounds).value_or("");
  if (auto config = in.object("config")) create.config = config_of(read_config(*config));
  if (!errors.empty()) return validation_error(std::move(errors));
  return api_work{actors::to_directory{}, std::move(create)};
}

result<api_work> get_project(const api_call& call) {
  return about_project(call, domain::get_project{});
}

result<api_work> update_project(const api_call& call) {
  auto project = project_in_path(call);
  if (!project) return project.error();
  auto body = json_body::parse(call.body);
  if (!body) return body.error();
  field_errors errors;
  field_reader in(body->root(), errors);
  domain::update_project update;
  update.description = in.text("description", description_bounds);
  update.instructions = in.text("instructions", instructions_bounds);
  constexpr std::string_view choices[] = {"active", "closed"};
  constexpr project_status statuses[] = {project_status::active, project_status::closed};
  if (const auto chosen = in.choice("status", choices)) update.status = statuses[*chosen];
  if (auto config = in.object("config")) {
    update.config = read_config(*config);
    config->refuse_others();
  }
  in.refuse_others({"id", "name", "createdAt", "updatedAt", "stats"});
  if (!errors.empty()) return validation_error(std::move(errors));
  return api_work{*project, std::move(update)};
}

result<api_work> delete_project(const api_call& call) {
  return about_project(call, domain::remove_project{});
}

result<api_work> get_project_stats(const api_call& call) {
  return about_project(call, domain::get_stats{});
}

}  // namespace taskdriver::http::handlers
