// tdctl projects, tasks, agents: what is in the queues.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/tdctl/admin_client.hpp"
#include "tools/tdctl/cluster_texts.hpp"
#include "tools/tdctl/commands.hpp"
#include "tools/tdctl/project_lookup.hpp"

namespace taskdriver::tdctl {
namespace {

using nlohmann::json;

constexpr std::size_t instructions_columns = 48;
constexpr unsigned page_max = 1000;

struct listing {
  server_access access;
  std::string project;
  std::string status;
  unsigned limit = 20;
};

std::string count(const json& project, const char* field) {
  return with_commas(project.at("stats").value(field, std::uint64_t{0}));
}

/// All items of a list, or the first `limit` of them.
result<json> gather(admin_client& server, const std::string& path, std::size_t limit) {
  json all = json::array();
  auto listed = for_each_item(server, path, [&](const json& item) {
    all.push_back(item);
    return all.size() < limit;
  });
  if (!listed) return listed.error();
  return all;
}

int show(const listing& wanted, const json& data, const text_table& table, const console& to) {
  if (wanted.access.json)
    print_json(data, to);
  else
    table.print(to);
  return exit_ok;
}

int show_projects(const listing& wanted, const console& to) {
  auto server = admin_client::make(wanted.access);
  if (!server) return failed(to, server.error());
  const auto data = gather(*server, "/api/projects?limit=100&status=" + wanted.status, SIZE_MAX);
  if (!data) return failed(to, data.error());
  text_table table({"PROJECT", "STATUS", "QUEUED", "RUNNING", "COMPLETED", "FAILED", "ID"});
  for (const auto& project : *data)
    table.add({project.value("name", ""), project.value("status", ""),
               count(project, "queuedTasks"), count(project, "runningTasks"),
               count(project, "completedTasks"), count(project, "failedTasks"),
               project.value("id", "")});
  return show(wanted, *data, table, to);
}

int show_tasks(const listing& wanted, const console& to) {
  auto server = admin_client::make(wanted.access);
  if (!server) return failed(to, server.error());
  const auto id = project_id(*server, wanted.project);
  if (!id) return failed(to, id.error());
  auto path =
      "/api/projects/" + *id + "/tasks?limit=" + std::to_string(std::min(wanted.limit, page_max));
  if (!wanted.status.empty()) path += "&status=" + wanted.status;
  const auto data = gather(*server, path, wanted.limit);
  if (!data) return failed(to, data.error());
  text_table table({"TASK", "STATUS", "AGENT", "RETRIES", "CREATED", "INSTRUCTIONS"});
  for (const auto& task : *data)
    table.add({task.value("id", ""), task.value("status", ""), task.value("assignedTo", "-"),
               std::to_string(task.value("retryCount", 0U)) + "/" +
                   std::to_string(task.value("maxRetries", 0U)),
               task.value("createdAt", ""),
               printable(task.value("instructions", ""), instructions_columns)});
  return show(wanted, *data, table, to);
}

int show_agents(const listing& wanted, const console& to) {
  auto server = admin_client::make(wanted.access);
  if (!server) return failed(to, server.error());
  const auto id = project_id(*server, wanted.project);
  if (!id) return failed(to, id.error());
  const auto data = server->get("/api/projects/" + *id + "/agents");
  if (!data) return failed(to, data.error());
  text_table table({"AGENT", "TASK", "SINCE", "LEASE ENDS"});
  for (const auto& agent : *data)
    table.add({agent.value("agentName", ""), agent.value("taskId", ""),
               agent.value("assignedAt", ""), agent.value("leaseExpiresAt", "")});
  return show(wanted, *data, table, to);
}

}  // namespace

action add_projects(CLI::App& to) {
  auto wanted = std::make_shared<listing>();
  wanted->status = "all";
  to.description("The projects, with the number of tasks in each state");
  give_examples(to, "  tdctl projects\n  tdctl projects --status active --json");
  to.add_option("--status", wanted->status, "active, closed or all")
      ->capture_default_str()
      ->check(CLI::IsMember({"active", "closed", "all"}));
  wanted->access.add_options(to);
  return [wanted](console& c) { return show_projects(*wanted, c); };
}

action add_tasks(CLI::App& to) {
  auto wanted = std::make_shared<listing>();
  to.description("Tasks of a project, in the order of their creation");
  give_examples(to,
                "  tdctl tasks demo --status failed\n"
                "  tdctl tasks demo --limit 100000 --json > tasks.json");
  to.add_option("PROJECT", wanted->project, "its name or id")->required();
  to.add_option("--status", wanted->status, "only those: queued, running, completed or failed")
      ->check(CLI::IsMember({"queued", "running", "completed", "failed"}));
  to.add_option("--limit", wanted->limit, "show at most so many")
      ->capture_default_str()
      ->check(CLI::Range(1U, 10'000'000U));
  wanted->access.add_options(to);
  return [wanted](console& c) { return show_tasks(*wanted, c); };
}

action add_agents(CLI::App& to) {
  auto wanted = std::make_shared<listing>();
  to.description("The agents of a project that hold a task");
  give_examples(to, "  tdctl agents demo");
  to.add_option("PROJECT", wanted->project, "its name or id")->required();
  wanted->access.add_options(to);
  return [wanted](console& c) { return show_agents(*wanted, c); };
}

}  // namespace taskdriver::tdctl
