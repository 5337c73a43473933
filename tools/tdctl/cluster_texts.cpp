// From the API's fields to cells and sentences.
#include "tools/tdctl/cluster_texts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

namespace taskdriver::tdctl {
namespace {

using nlohmann::json;

std::string number(const json& from, const char* field) {
  return std::to_string(from.value(field, std::uint64_t{0}));
}

std::string names(const json& list) {
  return list.empty() ? "-" : joined(list.get<std::vector<std::string>>());
}

/// The most that a wanted replica lacks; "?" where one did not report.
std::string lag_of(const json& shard) {
  std::uint64_t lag = 0;
  for (const auto& replica : shard.at("replicas")) {
    if (!replica.value("wanted", false) && !replica.value("inSync", false)) continue;
    if (!replica.contains("lagEntries")) return "?";
    lag = std::max(lag, replica["lagEntries"].get<std::uint64_t>());
  }
  return std::to_string(lag);
}

struct shard_state {
  std::string text;
  ink colour;
};

shard_state state_of(const json& shard) {
  const auto in_sync = shard.at("inSync").size();
  std::string pinned = shard.value("pinned", false) ? ", pinned" : "";
  if (!shard.contains("primary")) return {"not placed", ink::red};
  if (!shard.value("serving", false)) return {"not served" + pinned, ink::red};
  if (in_sync < shard.at("wanted").size())
    return {std::to_string(in_sync) + " of " + std::to_string(shard["wanted"].size()) + " in sync" +
                pinned,
            ink::yellow};
  auto wanted = shard["wanted"].get<std::vector<std::string>>();
  auto there = shard["inSync"].get<std::vector<std::string>>();
  std::sort(wanted.begin(), wanted.end());
  std::sort(there.begin(), there.end());
  if (wanted != there) return {"moving" + pinned, ink::yellow};
  return {"well" + pinned, ink::plain};
}

}  // namespace

text_table nodes_table(const json& nodes) {
  text_table table({"NODE", "STATE", "PRIMARIES", "IN SYNC", "CONNECTED", "CLIENTS", "NODES"});
  for (const auto& node : nodes) {
    auto state = node.value("state", "");
    const bool gone = state == "gone";
    if (gone) state += " " + duration_text(node.value("goneSeconds", std::uint64_t{0}));
    table.add({node.value("id", ""), state, number(node, "primaries"),
               number(node, "replicasInSync"), node.value("connected", false) ? "yes" : "no",
               node.value("httpAddress", "-"), node.value("clusterAddress", "-")},
              gone                                    ? ink::red
              : node.value("state", "") == "draining" ? ink::yellow
                                                      : ink::plain);
  }
  return table;
}

text_table shards_table(const json& shards) {
  text_table table({"SHARD", "PRIMARY", "IN SYNC", "WANTED", "EPOCH", "LAG", "STATE"});
  for (const auto& shard : shards) {
    const auto state = state_of(shard);
    table.add({number(shard, "shard"), shard.value("primary", "-"), names(shard.at("inSync")),
               names(shard.at("wanted")), number(shard, "epoch"), lag_of(shard), state.text},
              state.colour);
  }
  return table;
}

void print_problems(const json& problems, const console& to) {
  for (const auto& problem : problems) {
    const auto severity = problem.value("severity", "");
    const auto colour = severity == "error"     ? ink::red
                        : severity == "warning" ? ink::yellow
                                                : ink::plain;
    to.out << painted(to, colour, severity) << ": " << printable(problem.value("text", "")) << '\n';
    if (problem.contains("advice"))
      to.out << "  -> " << printable(problem.value("advice", "")) << '\n';
  }
}

bool has_problems(const json& problems, const char* severity) {
  return std::any_of(problems.begin(), problems.end(), [&](const json& problem) {
    return problem.value("severity", "") == severity;
  });
}

void print_json(const json& data, const console& to) {
  to.out << data.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
}

}  // namespace taskdriver::tdctl
