// Set-up and clean-up over the API.
#include "tools/tdbench/bench_projects.hpp"

#include <unistd.h>

#include <ctime>

#include "tools/tdbench/control_client.hpp"
#include "tools/tdbench/json_scan.hpp"

namespace taskdriver::bench {
namespace {

std::string run_name() {
  char text[32];
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::strftime(text, sizeof text, "bench-%Y%m%d-%H%M%S-", &utc);
  return text + std::to_string(getpid()) + "-";
}

/// POSTs `body` and takes data.id from the answer.
result<std::string> create(const settings& bench, const std::string& target,
                           const std::string& body) {
  const auto answer =
      ask_for_success(bench.servers.front(), "POST", target, bench.admin_token, body);
  if (!answer) return answer.error();
  const auto id = find_string_field(*answer, 2, "id");
  if (id) return std::string(*id);
  return error_info{.code = errc::unavailable,
                    .text = target + " answered without data.id: " + *answer};
}

}  // namespace

result<void> make_projects(const settings& bench, std::vector<task_home>& made) {
  const std::string name = run_name();
  for (int i = 0; i < bench.projects; ++i) {
    const std::string body = "{\"name\":\"" + name + std::to_string(i) +
                             "\",\"description\":\"made by tdbench, may be deleted\"}";
    const auto project = create(bench, "/api/projects", body);
    if (!project) return project.error();
    made.push_back({*project, {}});
    const auto type =
        create(bench, "/api/projects/" + *project + "/task-types",
               "{\"name\":\"bench\",\"duplicateHandling\":\"" + bench.duplicates + "\"}");
    if (!type) return type.error();
    made.back().type_id = *type;
  }
  return {};
}

result<void> delete_projects(const settings& bench, const std::vector<task_home>& made) {
  std::string left;
  for (const task_home& home : made) {
    const auto answer = ask_for_success(bench.servers.front(), "DELETE",
                                        "/api/projects/" + home.project_id, bench.admin_token);
    if (!answer) left += "\n  " + home.project_id + " (" + answer.error().text + ")";
  }
  if (left.empty()) return {};
  return error_info{.code = errc::unavailable, .text = "projects left behind:" + left};
}

}  // namespace taskdriver::bench
