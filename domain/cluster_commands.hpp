// What an operator asks of a cluster through the API: one struct per operation, checked already.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/ids.hpp"

namespace taskdriver::domain {

/// The whole view; which part of it is shown is a matter of rendering.
struct show_cluster {
  std::optional<project_number> project;  // only its shard
};
struct drain_node {
  std::string node;
};
struct undrain_node {
  std::string node;
};
struct remove_node {
  std::string node;
};
/// An empty `from` adds a replica on `to`, an empty `to` takes the one on `from` away.
struct move_replica {
  shard_id shard{};
  std::string from;
  std::string to;
};
struct transfer_shard {
  shard_id shard{};
  std::string to;
};
struct unpin_shard {
  shard_id shard{};
};
struct force_primary {
  shard_id shard{};
  std::string node;
  bool anyway = false;  // although an in-sync replica is up
};
/// A copy of the asked node's data below its data directory.
struct back_up {
  std::string name;
};

using cluster_command =
    std::variant<show_cluster, drain_node, undrain_node, remove_node, move_replica, transfer_shard,
                 unpin_shard, force_primary, back_up>;

}  // namespace taskdriver::domain
