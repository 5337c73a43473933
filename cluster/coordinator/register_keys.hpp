// The names of a cluster's keys in the register. Everything stands under /taskdriver/<cluster>/, so
// that several clusters may share one etcd.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/replica/configuration.hpp"

namespace taskdriver::cluster {

///   cluster           cluster_record, written once
///   nodes/<node>      node_record, for good
///   live/<node>       live_record, as long as the node's process lives (announced)
///   shards/<nnnn>     shard_configuration
///   placement/<nnnn>  shard_placement
///   controller        the node that plans the placement (campaign)
///
/// Thread: any; immutable.
class register_keys {
public:
  /// `cluster` is its name (--cluster-name), 1–64 of [A-Za-z0-9._-].
  explicit register_keys(const std::string& cluster) : root_("/taskdriver/" + cluster + "/") {}

  /// Begins every key of the cluster: list and watch this.
  const std::string& root() const { return root_; }
  std::string cluster() const { return root_ + "cluster"; }
  std::string controller() const { return root_ + "controller"; }

  std::string nodes() const { return root_ + "nodes/"; }
  std::string node(const node_name& name) const { return nodes() + name; }
  std::string live() const { return root_ + "live/"; }
  std::string live(const node_name& name) const { return live() + name; }
  std::string shards() const { return root_ + "shards/"; }
  std::string shard(std::uint16_t number) const { return shards() + digits(number); }
  std::string placements() const { return root_ + "placement/"; }
  std::string placement(std::uint16_t number) const { return placements() + digits(number); }

  /// What follows `prefix` (nodes() or live()) in `key`; "" if `key` is none of them.
  static node_name node_of(std::string_view prefix, std::string_view key) {
    return key.starts_with(prefix) ? node_name(key.substr(prefix.size())) : node_name();
  }
  /// The shard of a key under `prefix` (shards() or placements()); nullopt if it is none.
  static std::optional<std::uint16_t> shard_of(std::string_view prefix, std::string_view key) {
    if (!key.starts_with(prefix)) return std::nullopt;
    const std::string_view number = key.substr(prefix.size());
    std::uint32_t n = 0;
    for (const char c : number) {
      if (c < '0' || c > '9' || number.size() > 5) return std::nullopt;
      n = n * 10 + static_cast<std::uint32_t>(c - '0');
    }
    if (n > 0xffff || digits(static_cast<std::uint16_t>(n)) != number) return std::nullopt;
    return static_cast<std::uint16_t>(n);
  }

private:
  /// Four digits at least, so that etcdctl lists shards in their order.
  static std::string digits(std::uint16_t number) {
    char text[8];
    std::snprintf(text, sizeof text, "%04u", static_cast<unsigned>(number));
    return text;
  }
  std::string root_;
};

}  // namespace taskdriver::cluster
