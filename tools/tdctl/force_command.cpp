// tdctl force-primary: shows what each replica has, says what may be lost, asks, and only then does
// it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <tuple>

#include "tools/tdctl/admin_client.hpp"
#include "tools/tdctl/cluster_texts.hpp"
#include "tools/tdctl/commands.hpp"

namespace taskdriver::tdctl {
namespace {

using nlohmann::json;

struct forcing {
  server_access access;
  unsigned shard = 0;
  std::string node;
  bool yes = false, anyway = false;
};

std::uint64_t number(const json& replica, const char* field) {
  return replica.value(field, std::uint64_t{0});
}

/// Of two copies the better one: later epoch, then more entries.
auto rank(const json& replica) {
  return std::tuple(number(replica, "epoch"), number(replica, "lastIndex"),
                    number(replica, "commitIndex"));
}

text_table replicas_table(const json& shard) {
  text_table table(
      {"NODE", "IN SYNC", "LAST EPOCH", "LAST INDEX", "DURABLE", "COMMIT", "APPLIED", "TOLD"});
  for (const auto& replica : shard.at("replicas")) {
    const std::string in_sync = replica.value("inSync", false) ? "yes" : "no";
    if (!replica.value("reported", false)) {
      table.add({replica.value("node", ""), in_sync, "-", "-", "-", "-", "-", "nothing heard"},
                ink::red);
      continue;
    }
    const auto text = [&](const char* field) { return std::to_string(number(replica, field)); };
    table.add({replica.value("node", ""), in_sync, text("epoch"), text("lastIndex"),
               text("durableIndex"), text("commitIndex"), text("appliedIndex"),
               duration_text(number(replica, "reportedMsAgo") / 1000) + " ago"});
  }
  return table;
}

std::vector<std::string> lost_holders(const json& shard, const std::string& chosen) {
  std::vector<std::string> lost;
  for (const auto& replica : shard.at("replicas"))
    if (replica.value("inSync", false) && replica.value("node", "") != chosen)
      lost.push_back(replica.value("node", ""));
  return lost;
}

void print_warning(const json& shard, const forcing& wanted, const json& chosen,
                   const console& to) {
  const auto lost = lost_holders(shard, wanted.node);
  to.out << painted(to, ink::red, "DATA MAY BE LOST.") << " Shard " << wanted.shard
         << " will go on with what " << wanted.node << " has: entries up to "
         << number(chosen, "lastIndex") << ".\n";
  if (!lost.empty())
    to.out << "What only " << joined(lost, ", ")
           << " had is gone for good, although clients were told that it was kept.\n";
  for (const auto& other : shard.at("replicas"))
    if (other.value("reported", false) && rank(other) > rank(chosen))
      to.out << painted(to, ink::yellow, "Better: ") << other.value("node", "")
             << " has a later epoch or more entries than " << wanted.node << ".\n";
}

bool confirmed(const forcing& wanted, const console& to) {
  to.out << "Type the number of the shard to go on: " << std::flush;
  std::string typed;
  std::getline(to.in, typed);
  return typed == std::to_string(wanted.shard);
}

const json* find(const json& list, const char* field, const json& value) {
  const auto found = std::find_if(list.begin(), list.end(), [&](const json& one) {
    return one.contains(field) && one.at(field) == value;
  });
  return found == list.end() ? nullptr : &*found;
}

int force(const forcing& wanted, admin_client& server, const console& to) {
  json body{{"node", wanted.node}};
  if (wanted.anyway) body["anyway"] = true;
  const auto path = "/api/cluster/shards/" + std::to_string(wanted.shard) + "/force";
  const auto told = server.change("POST", path, body);
  if (!told) {
    if (told.error().code == errc::in_use && !wanted.anyway)
      to.err << "If too few of the others will ever come back, --anyway forces it all the same.\n";
    return failed(to, told.error());
  }
  if (wanted.access.json) {
    print_json(*told, to);
    return exit_ok;
  }
  to.out << printable(told->value("message", "done"))
         << "\nIt serves when as many replicas are in sync as writes need: tdctl shards\n";
  return exit_ok;
}

int force_primary(const forcing& wanted, const console& to) {
  if (!wanted.yes && !to.asks) {
    to.err << "tdctl: force-primary asks before it does anything: run it on a terminal, or give "
              "--yes\n";
    return exit_bad_usage;
  }
  auto server = admin_client::make(wanted.access);
  if (!server) return failed(to, server.error());
  const auto shards = server->get("/api/cluster/shards");
  if (!shards) return failed(to, shards.error());
  const auto* shard = find(*shards, "shard", wanted.shard);
  if (!shard)
    return failed(to, {errc::not_found, "there is no shard " + std::to_string(wanted.shard)});
  const auto* chosen = find(shard->at("replicas"), "node", wanted.node);
  if (!chosen || !chosen->value("reported", false))
    return failed(to, {errc::not_found, wanted.node + " does not tell of a copy of shard " +
                                            std::to_string(wanted.shard) + ": is it up?"});
  // With --json the warning still has to be seen; the data of programs stays apart.
  const console people{to.in, wanted.access.json ? to.err : to.out, to.err, to.asks, to.colours};
  replicas_table(*shard).print(people);
  print_warning(*shard, wanted, *chosen, people);
  if (!wanted.yes && !confirmed(wanted, people))
    return failed(to, {errc::bad_request, "nothing was changed"});
  return force(wanted, *server, to);
}

}  // namespace

action add_force_primary(CLI::App& to) {
  auto wanted = std::make_shared<forcing>();
  to.description(
      "After the loss of all replicas that were in sync: goes on with the copy of one node.\n"
      "WHAT ONLY THE OTHERS HAD IS LOST. Shows what every replica has, and asks first");
  give_examples(to,
                "  tdctl force-primary 3 n3\n"
                "  tdctl force-primary 3 n3 --yes           for scripts\n"
                "  tdctl force-primary 3 n3 --anyway        although a replica in sync is up");
  to.add_option("SHARD", wanted->shard, "its number")->required();
  to.add_option("NODE", wanted->node, "whose copy becomes the shard")->required();
  to.add_flag("--yes", wanted->yes, "do not ask");
  to.add_flag("--anyway", wanted->anyway,
              "although the node of a replica in sync is up: only if that has lost its data");
  wanted->access.add_options(to);
  return [wanted](console& c) { return force_primary(*wanted, c); };
}

}  // namespace taskdriver::tdctl
