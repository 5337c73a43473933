// Parts of a cluster's JSON as people read them, shared by the commands that show them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/tdctl/text_table.hpp"

namespace taskdriver::tdctl {

/// The table of GET /api/cluster/nodes.
text_table nodes_table(const nlohmann::json& nodes);
/// The table of GET /api/cluster/shards.
text_table shards_table(const nlohmann::json& shards);
/// What is wrong and what to do, a line or two each; nothing when all is well.
void print_problems(const nlohmann::json& problems, const console& to);
bool has_problems(const nlohmann::json& problems, const char* severity);
void print_json(const nlohmann::json& data, const console& to);

}  // namespace taskdriver::tdctl
