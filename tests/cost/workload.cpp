// Renders requests as tdbench does and looks into answers only for ids and tokens.
#include "tests/cost/workload.hpp"

#include "base/check.hpp"

namespace taskdriver::cost {
namespace {

constexpr std::size_t agent_count = 64;
constexpr std::size_t bulk_size = 100;
const bench::caller admin{"localhost", std::string(admin_token)};

/// The text after `"name":"`, from `after` on.
std::string text_field(const std::string& json, std::string_view name,
                       std::string_view after = {}) {
  const auto from = json.find(after);
  const auto key = '"' + std::string(name) + "\":\"";
  const auto at = json.find(key, from);
  TASKDRIVER_CHECK(at != std::string::npos, json);
  const auto begin = at + key.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

}  // namespace

workload::workload(cost_node& node) : node_(node) {
  const auto project =
      node_.ask_one(bench::render_request("POST", "/api/projects", admin, R"({"name":"cost"})"));
  home_.project_id = text_field(project, "id", "\"data\"");
  const auto type = node_.ask_one(bench::render_request(
      "POST", "/api/projects/" + home_.project_id + "/task-types", admin, R"({"name":"work"})"));
  home_.type_id = text_field(type, "id", "\"data\"");
  log_in(agent_count);
  const auto target = "/api/projects/" + home_.project_id + "/stats";
  stats_ = bench::render_request("GET", target, first_, {});
}

void workload::log_in(std::size_t agents) {
  for (std::size_t i = 0; i < agents; ++i) {
    const auto name = "agent-" + std::to_string(i);
    const auto answer = node_.ask_one(bench::render_request(
        "POST", "/api/auth/login", {"localhost", ""},
        R"({"agentName":")" + name + R"(","projectId":")" + home_.project_id + "\"}"));
    const bench::caller by{"localhost", text_field(answer, "token")};
    agents_.push_back({name,
                       bench::create_request::single(by, home_, shape_),
                       bench::render_claim(by, name, home_.project_id, 0),
                       bench::ending_request::complete(by, name, shape_),
                       {}});
    if (i == 0) first_ = by;
  }
}

const std::vector<std::string_view>& workload::names() {
  static const std::vector<std::string_view> all = {"cycle", "create", "bulk", "drain", "stats"};
  return all;
}

void workload::run(std::string_view what, std::size_t operations) {
  const std::size_t rounds = (operations + agent_count - 1) / agent_count;
  if (what == "bulk") {
    for (std::size_t done = 0; done < operations; done += bulk_size) bulk();
    return;
  }
  for (std::size_t i = 0; i < rounds; ++i) {
    if (what == "stats") node_.ask(std::vector(agent_count, stats_));
    if (what == "cycle" || what == "create") create();
    if (what == "cycle" || what == "drain") claim();
    if (what == "cycle" || what == "drain") complete();
  }
}

void workload::create() {
  std::vector<std::string> requests;
  for (agent& a : agents_) requests.emplace_back(a.create.numbered(next_number_++));
  node_.ask(requests);
}

void workload::claim() {
  std::vector<std::string> requests;
  for (const agent& a : agents_) requests.push_back(a.claim);
  const auto answers = node_.ask(requests);
  for (std::size_t i = 0; i < agents_.size(); ++i)
    agents_[i].task_id = text_field(answers[i], "id", "\"task\"");
}

void workload::complete() {
  std::vector<std::string> requests;
  for (agent& a : agents_) requests.emplace_back(a.complete.for_task(a.task_id));
  node_.ask(requests);
}

void workload::bulk() {
  if (bulk_.empty()) bulk_.push_back(bench::create_request::bulk(first_, home_, shape_, bulk_size));
  node_.ask_one(std::string(bulk_.front().numbered(next_number_)));
  next_number_ += bulk_size;
}

}  // namespace taskdriver::cost
