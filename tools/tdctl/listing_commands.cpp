// tdctl nodes, tdctl shards: tables of the cluster.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "tools/tdctl/admin_client.hpp"
#include "tools/tdctl/cluster_texts.hpp"
#include "tools/tdctl/commands.hpp"
#include "tools/tdctl/project_lookup.hpp"

namespace taskdriver::tdctl {
namespace {

using nlohmann::json;

struct listing {
  server_access access;
  std::string node, project;
};

int show(const listing& wanted, const result<json>& data, text_table (*table)(const json&),
         const console& to) {
  if (!data) return failed(to, data.error());
  if (wanted.access.json)
    print_json(*data, to);
  else
    table(*data).print(to);
  return exit_ok;
}

int show_nodes(const listing& wanted, const console& to) {
  auto server = admin_client::make(wanted.access);
  if (!server) return failed(to, server.error());
  return show(wanted, server->get("/api/cluster/nodes"), nodes_table, to);
}

bool involves(const json& shard, const std::string& node) {
  const auto& replicas = shard.at("replicas");
  return shard.value("primary", "") == node ||
         std::any_of(replicas.begin(), replicas.end(),
                     [&](const json& replica) { return replica.value("node", "") == node; });
}

int show_shards(const listing& wanted, const console& to) {
  auto server = admin_client::make(wanted.access);
  if (!server) return failed(to, server.error());
  std::string path = "/api/cluster/shards";
  if (!wanted.project.empty()) {
    const auto id = project_id(*server, wanted.project);
    if (!id) return failed(to, id.error());
    path += "?project=" + *id;
  }
  auto data = server->get(path);
  if (data && !wanted.node.empty()) {
    json kept = json::array();
    for (auto& shard : *data)
      if (involves(shard, wanted.node)) kept.push_back(std::move(shard));
    *data = std::move(kept);
  }
  return show(wanted, data, shards_table, to);
}

}  // namespace

action add_nodes(CLI::App& to) {
  auto wanted = std::make_shared<listing>();
  to.description("The nodes of the cluster, with what they hold");
  give_examples(to,
                "  tdctl nodes\n"
                "  tdctl nodes --json | jq -r '.[] | select(.state == \"gone\") | .id'");
  wanted->access.add_options(to);
  return [wanted](console& c) { return show_nodes(*wanted, c); };
}

action add_shards(CLI::App& to) {
  auto wanted = std::make_shared<listing>();
  to.description(
      "The shards, who holds them, and how far behind replicas are (LAG, in entries; \"?\" where\n"
      "a replica was not heard of)");
  give_examples(to,
                "  tdctl shards\n"
                "  tdctl shards --node n2          those in which n2 has a part\n"
                "  tdctl shards --project demo     the one that holds this project");
  to.add_option("--node", wanted->node, "only shards of which this node has a replica");
  to.add_option("--project", wanted->project, "only the shard of this project, by name or id");
  wanted->access.add_options(to);
  return [wanted](console& c) { return show_shards(*wanted, c); };
}

}  // namespace taskdriver::tdctl
