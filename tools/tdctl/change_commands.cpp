// The commands that change a cluster's placement: each is one request, and at most a wait for what
// it leads to.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "tools/tdctl/admin_client.hpp"
#include "tools/tdctl/cluster_texts.hpp"
#include "tools/tdctl/commands.hpp"
#include "tools/tdctl/waiting.hpp"

namespace taskdriver::tdctl {
namespace {

using nlohmann::json;

constexpr unsigned shards_max = 1024;

struct changing {
  server_access access;
  wait_options waiting;
  std::string node, from, to;
  unsigned shard = 0;

  std::string node_path() const { return "/api/cluster/nodes/" + url_escaped(node); }
  std::string shard_path() const { return "/api/cluster/shards/" + std::to_string(shard); }
};

struct request {
  std::string method, path;
  json body = nullptr;
};

/// Sends it, tells the answer, and waits on `watched` if that was asked for.
int carry_out(const changing& wanted, const request& what, const console& to,
              const std::string& watched = {}, const progress& left = {}) {
  auto server = admin_client::make(wanted.access);
  if (!server) return failed(to, server.error());
  const auto told = server->change(what.method, what.path, what.body);
  if (!told) return failed(to, told.error());
  const bool waits = wanted.waiting.wait && left;
  if (wanted.access.json && !waits)
    print_json(*told, to);
  else if (!wanted.access.json)
    to.out << printable(told->value("message", "done")) << std::endl;
  if (!waits) return exit_ok;
  console progress_to{to.in, wanted.access.json ? to.err : to.out, to.err};
  const int code = wait_until(*server, watched, left, wanted.waiting.seconds, progress_to);
  if (code == exit_ok && wanted.access.json) print_json(*told, to);
  if (code == exit_ok && !wanted.access.json) to.out << "done\n";
  return code;
}

bool contains(const json& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

const json* find_shard(const json& shards, unsigned number) {
  const auto found = std::find_if(shards.begin(), shards.end(), [&](const json& shard) {
    return shard.value("shard", shards_max) == number;
  });
  return found == shards.end() ? nullptr : &*found;
}

std::optional<std::string> held_by(const json& nodes, const std::string& name) {
  for (const auto& node : nodes) {
    if (node.value("id", "") != name) continue;
    const auto primaries = node.value("primaries", 0U), replicas = node.value("replicasInSync", 0U);
    if (primaries == 0 && replicas == 0) return std::nullopt;
    return name + " still has " + std::to_string(replicas) + " replicas, " +
           std::to_string(primaries) + " of them primaries";
  }
  return std::nullopt;  // removed meanwhile
}

std::optional<std::string> not_moved(const json& shards, const changing& wanted) {
  const auto* shard = find_shard(shards, wanted.shard);
  if (!shard) return "shard " + std::to_string(wanted.shard) + " is not shown";
  const auto& in_sync = shard->at("inSync");
  if (!wanted.to.empty() && !contains(in_sync, wanted.to)) return wanted.to + " is not in sync yet";
  if (!wanted.from.empty() && contains(in_sync, wanted.from))
    return wanted.from + " is still in sync";
  return std::nullopt;
}

std::optional<std::string> not_led(const json& shards, const changing& wanted) {
  const auto* shard = find_shard(shards, wanted.shard);
  if (!shard) return "shard " + std::to_string(wanted.shard) + " is not shown";
  const auto primary = shard->value("primary", "nobody");
  if (primary == wanted.node && shard->value("serving", false)) return std::nullopt;
  return primary + " is the primary" + (primary == wanted.node ? ", but does not serve yet" : "");
}

std::shared_ptr<changing> begin(CLI::App& to, const char* description, const char* examples) {
  to.description(description);
  give_examples(to, examples);
  return std::make_shared<changing>();
}

void take_node(CLI::App& to, std::string& node) {
  to.add_option("NODE", node, "its --node-id")->required();
}

void take_shard(CLI::App& to, unsigned& shard) {
  to.add_option("SHARD", shard, "its number")->required()->check(CLI::Range(0U, shards_max - 1));
}

/// "-" stands for none.
std::string or_none(const std::string& node) {
  return node == "-" ? "" : node;
}

int move_replica(changing wanted, const console& to) {
  wanted.from = or_none(wanted.from);
  wanted.to = or_none(wanted.to);
  if (wanted.from.empty() && wanted.to.empty()) {
    to.err << "tdctl: move: FROM and TO cannot both be \"-\"\n";
    return exit_bad_usage;
  }
  json body = json::object();
  if (!wanted.from.empty()) body["from"] = wanted.from;
  if (!wanted.to.empty()) body["to"] = wanted.to;
  return carry_out(wanted, {"POST", wanted.shard_path() + "/move", body}, to, "/api/cluster/shards",
                   [wanted](const json& shards) { return not_moved(shards, wanted); });
}

}  // namespace

action add_drain(CLI::App& to) {
  auto wanted =
      begin(to,
            "Moves all shards off a node, primaries first; no request fails by it. The node "
            "stays a\nmember without shards and may then be stopped",
            "  tdctl drain n2 --wait      returns when n2 holds nothing\n"
            "  tdctl undrain n2           takes it back");
  take_node(to, wanted->node);
  wanted->waiting.add_options(to, "return only when the node holds nothing any more");
  wanted->access.add_options(to);
  return [wanted](console& c) {
    return carry_out(*wanted, {"POST", wanted->node_path() + "/drain"}, c, "/api/cluster/nodes",
                     [wanted](const json& nodes) { return held_by(nodes, wanted->node); });
  };
}

action add_undrain(CLI::App& to) {
  auto wanted = begin(to, "Lets a drained node hold shards again", "  tdctl undrain n2");
  take_node(to, wanted->node);
  wanted->access.add_options(to);
  return [wanted](console& c) {
    return carry_out(*wanted, {"POST", wanted->node_path() + "/undrain"}, c);
  };
}

action add_remove(CLI::App& to) {
  auto wanted =
      begin(to,
            "Forgets a node that will not come back: its replicas are made anew elsewhere at "
            "once. To\njoin again it then needs an empty data directory",
            "  tdctl remove n3            after n3 is lost, or was drained and stopped");
  take_node(to, wanted->node);
  wanted->access.add_options(to);
  return [wanted](console& c) { return carry_out(*wanted, {"DELETE", wanted->node_path()}, c); };
}

action add_move(CLI::App& to) {
  auto wanted =
      begin(to,
            "Puts the replica of a shard that is on FROM onto TO. The shard then counts as "
            "placed by\nhand (pinned) until: tdctl unpin SHARD",
            "  tdctl move 3 n1 n4 --wait\n"
            "  tdctl move 3 - n4          one replica more, on n4\n"
            "  tdctl move 3 n1 -          one replica less");
  take_shard(to, wanted->shard);
  to.add_option("FROM", wanted->from, "node that has a replica, or - for none")->required();
  to.add_option("TO", wanted->to, "node to have it, or - for none")->required();
  wanted->waiting.add_options(to, "return only when the replica is in sync on TO and off FROM");
  wanted->access.add_options(to);
  return [wanted](console& c) { return move_replica(*wanted, c); };
}

action add_transfer(CLI::App& to) {
  auto wanted =
      begin(to,
            "Makes a node that is in sync the primary of a shard; no request fails by it. "
            "The shard\nthen counts as placed by hand (pinned) until: tdctl unpin SHARD",
            "  tdctl transfer 3 n2 --wait");
  take_shard(to, wanted->shard);
  take_node(to, wanted->node);
  wanted->waiting.add_options(to, "return only when the node serves the shard");
  wanted->access.add_options(to);
  return [wanted](console& c) {
    const request what{"POST", wanted->shard_path() + "/transfer", {{"to", wanted->node}}};
    return carry_out(*wanted, what, c, "/api/cluster/shards",
                     [wanted](const json& shards) { return not_led(shards, *wanted); });
  };
}

action add_unpin(CLI::App& to) {
  auto wanted = begin(to, "Lets the controller place a shard again that was placed by hand",
                      "  tdctl unpin 3");
  take_shard(to, wanted->shard);
  wanted->access.add_options(to);
  return [wanted](console& c) {
    return carry_out(*wanted, {"POST", wanted->shard_path() + "/unpin"}, c);
  };
}

}  // namespace taskdriver::tdctl
