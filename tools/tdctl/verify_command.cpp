// tdctl verify: data directories, or (--online) what the nodes of a running server tell.
#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "tools/tdctl/admin_client.hpp"
#include "tools/tdctl/cluster_texts.hpp"
#include "tools/tdctl/commands.hpp"
#include "tools/tdctl/inspect_commands.hpp"
#include "tools/tdctl/project_lookup.hpp"

namespace taskdriver::tdctl {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_looks{500};
constexpr int recount_tries = 3;

struct verifying {
  server_access access;
  std::vector<std::string> directories;
  bool single = false;
  bool online = false;
  bool recount = false;
  double seconds = 15;
};

std::uint64_t number(const json& from, const char* field) {
  return from.value(field, std::uint64_t{0});
}

/// What the primary had committed when the check began, by shard: what every replica in sync must
/// turn out to have.
std::map<std::uint64_t, std::uint64_t> commits_of(const json& shards) {
  std::map<std::uint64_t, std::uint64_t> commits;
  for (const auto& shard : shards)
    for (const auto& replica : shard.at("replicas"))
      if (replica.value("role", "") == "primary" && replica.value("serving", false))
        commits[number(shard, "shard")] = number(replica, "commitIndex");
  return commits;
}

void check_replica(const json& shard, const json& replica, std::uint64_t commit,
                   std::vector<std::string>& wrong) {
  const auto who =
      "shard " + std::to_string(number(shard, "shard")) + " on " + replica.value("node", "") + ": ";
  if (!replica.value("reported", false)) {
    wrong.push_back(who + "nothing is heard of it");
    return;
  }
  const auto last = number(replica, "lastIndex"), durable = number(replica, "durableIndex"),
             committed = number(replica, "commitIndex"), applied = number(replica, "appliedIndex");
  if (durable > last || applied > committed || committed > last)
    wrong.push_back(who + "its indexes contradict each other");
  if (durable < commit)
    wrong.push_back(who + "has entries up to " + std::to_string(durable) + " on disk, but " +
                    std::to_string(commit) + " was committed");
  if (number(replica, "epoch") != number(shard, "epoch"))
    wrong.push_back(who + "is in epoch " + std::to_string(number(replica, "epoch")) +
                    ", registered is " + std::to_string(number(shard, "epoch")));
}

std::vector<std::string> faults_of(const json& shards,
                                   const std::map<std::uint64_t, std::uint64_t>& commits) {
  std::vector<std::string> wrong;
  for (const auto& shard : shards) {
    const auto commit = commits.find(number(shard, "shard"));
    if (commit == commits.end() || !shard.value("serving", false)) {
      wrong.push_back("shard " + std::to_string(number(shard, "shard")) + " is not served");
      continue;
    }
    for (const auto& replica : shard.at("replicas"))
      if (replica.value("inSync", false)) check_replica(shard, replica, commit->second, wrong);
  }
  return wrong;
}

/// Reports are some seconds old, so that a fault counts only if it lasts.
result<std::vector<std::string>> check_shards(admin_client& server, double seconds) {
  const auto deadline =
      steady_clock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  auto shards = server.get("/api/cluster/shards");
  if (!shards) return shards.error();
  auto commits = commits_of(*shards);
  for (;;) {
    auto wrong = faults_of(*shards, commits);
    if (wrong.empty() || steady_clock::now() > deadline) return wrong;
    std::this_thread::sleep_for(between_looks);
    shards = server.get("/api/cluster/shards");
    if (!shards) return shards.error();
    for (const auto& [shard, commit] : commits_of(*shards)) commits.try_emplace(shard, commit);
  }
}

const std::map<std::string, const char*>& counted_states() {
  static const std::map<std::string, const char*> states = {{"queued", "queuedTasks"},
                                                            {"running", "runningTasks"},
                                                            {"completed", "completedTasks"},
                                                            {"failed", "failedTasks"}};
  return states;
}

/// Counts the tasks one by one while the counters stand still; nullopt when they never did.
result<std::optional<std::string>> recount(admin_client& server, const std::string& id) {
  const auto counters = [&]() -> result<json> {
    auto project = server.get("/api/projects/" + id);
    if (!project) return project.error();
    return project->at("stats");
  };
  for (int i = 0; i < recount_tries; ++i) {
    const auto before = counters();
    if (!before) return before.error();
    std::map<std::string, std::uint64_t> counts;
    const auto listed =
        for_each_item(server, "/api/projects/" + id + "/tasks?limit=1000", [&](const json& task) {
          ++counts[task.value("status", "")];
          return true;
        });
    if (!listed) return listed.error();
    const auto after = counters();
    if (!after) return after.error();
    if (*before != *after) continue;
    std::string differences;
    for (const auto& [state, field] : counted_states())
      if (counts[state] != number(*after, field))
        differences += " " + state + " " + std::to_string(counts[state]) + ", counted as " +
                       std::to_string(number(*after, field)) + ";";
    return std::optional(differences);
  }
  return std::optional<std::string>();
}

struct findings {
  std::vector<std::string> wrong, passed_over;
};

result<void> recount_all(admin_client& server, findings& found) {
  std::vector<std::pair<std::string, std::string>> projects;
  auto listed =
      for_each_item(server, "/api/projects?status=all&limit=100", [&](const json& project) {
        projects.emplace_back(project.value("id", ""), project.value("name", ""));
        return true;
      });
  if (!listed) return listed.error();
  for (const auto& [id, name] : projects) {
    const auto counted = recount(server, id);
    if (!counted && counted.error().code == errc::not_found) continue;  // deleted meanwhile
    if (!counted) return counted.error();
    if (!*counted)
      found.passed_over.push_back("project " + name + " changes too fast to be recounted");
    else if (!(*counted)->empty())
      found.wrong.push_back("project " + name + ":" + **counted);
  }
  return {};
}

result<findings> look(admin_client& server, const verifying& wanted) {
  findings found;
  auto shards = check_shards(server, wanted.seconds);
  // A single node has nothing to hold against others.
  if (!shards && shards.error().code != errc::not_found) return shards.error();
  if (shards) found.wrong = std::move(*shards);
  if (wanted.recount)
    if (auto counted = recount_all(server, found); !counted) return counted.error();
  return found;
}

int verify_online(const verifying& wanted, const console& to) {
  auto server = admin_client::make(wanted.access);
  if (!server) return failed(to, server.error());
  const auto found = look(*server, wanted);
  if (!found) return failed(to, found.error());
  if (wanted.access.json) {
    print_json({{"wrong", found->wrong}, {"passedOver", found->passed_over}}, to);
    return found->wrong.empty() ? exit_ok : exit_failed;
  }
  for (const auto& one : found->wrong)
    to.out << painted(to, ink::red, "wrong") << ": " << printable(one) << '\n';
  for (const auto& one : found->passed_over) to.out << "note: " << printable(one) << '\n';
  if (found->wrong.empty())
    to.out << painted(to, ink::green, "All is well")
           << (wanted.recount ? ": replicas and counters.\n" : ": replicas.\n");
  return found->wrong.empty() ? exit_ok : exit_failed;
}

}  // namespace

action add_verify(CLI::App& to) {
  auto wanted = std::make_shared<verifying>();
  to.description(
      "With directories: recounts everything in them, log and state of every shard, and compares\n"
      "the copies of shards in several. A server may have them open; they are not changed.\n"
      "With --online: every shard of a running server is served, its replicas are in its epoch "
      "and\n"
      "have on disk what was committed; with --recount, counters equal a count of all tasks");
  give_examples(to,
                "  tdctl verify /var/lib/taskdriver\n"
                "  tdctl verify /copy/n1 /copy/n2 /copy/n3\n"
                "  tdctl verify --online --recount --json");
  auto* const directories =
      to.add_option("DIR", wanted->directories, "data directories; changed in no way");
  to.add_flag("--single", wanted->single,
              "of one directory: it has all shards, so hold its projects against the directory")
      ->needs(directories);
  auto* const online =
      to.add_flag("--online", wanted->online, "over the API")->excludes(directories);
  to.add_flag("--recount", wanted->recount, "count all tasks of all projects: reads every task")
      ->needs(online);
  to.add_option("--seconds", wanted->seconds, "a fault counts when it lasts so long")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0));
  wanted->access.add_options(to);
  return [wanted](console& c) {
    if (wanted->online) return verify_online(*wanted, c);
    if (!wanted->directories.empty())
      return verify_directories(wanted->directories, wanted->single, wanted->access.json, c);
    c.err << "tdctl: verify what? Give data directories, or --online\n";
    return exit_bad_usage;
  };
}

}  // namespace taskdriver::tdctl
