// What several handlers read from requests: path ids, durations, variables, the fields of a task.
#pragma once

#include "actors/messages.hpp"
#include "http/field_reader.hpp"
#include "http/handlers.hpp"
#include "http/query_reader.hpp"

namespace taskdriver::http {

/// {projectId} of the path. Fails: not_found, no well-formed id.
result<actors::to_project> project_in_path(const api_call& call);
/// {taskId} or {typeId}; `what` starts the error: "Task". Fails: not_found.
result<object_id> object_in_path(const api_call& call, std::string_view what);
/// Where the object of an id lives. Only its own id is compared, not the project's.
actors::to_project home_of(const object_id& id);

bool is_admin(const actors::credentials& from);

/// Seconds of a lease from a pair of fields, "leaseDurationMinutes" and "leaseDurationSeconds" (or
/// the like); the seconds win.
std::optional<std::uint32_t> read_lease_s(field_reader& in, std::string_view minutes_name,
                                          std::string_view seconds_name);

/// limit, offset and cursor of a list.
struct page_request {
  std::size_t limit = 0;
  std::size_t offset = 0;
  std::uint64_t after = 0;
};
page_request read_page(query_reader& in, std::int64_t limit_max, char cursor_kind);

/// "variables" as an object of name -> string, number or boolean; sorted by name.
std::optional<std::vector<domain::variable>> read_variables(field_reader& in);
/// The fields of a new task; its batch id is `batch_default` if it names none.
domain::new_task read_new_task(field_reader& in, const std::string& batch_default);

template <class Integer>
std::optional<std::uint32_t> to_u32(std::optional<Integer> number) {
  if (!number) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

}  // namespace taskdriver::http
