// Fills up what is missing first, then evens out replicas, then primaries.
#include "cluster/node/placement.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace taskdriver::cluster {
namespace {

using names = std::vector<node_name>;

bool has(const names& all, const node_name& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

class planner {
public:
  planner(const placement_view& view, const placement_settings& settings)
      : view_(view), settings_(settings) {
    for (const auto& [name, _] : view.nodes) {
      if (stays(name)) ++staying_;
      if (takes(name)) takers_.push_back(name);
    }
    for (const auto& shard : view.shards) wanted_.push_back(start(shard));
  }

  placement_plan plan() {
    found();
    count();
    for (std::size_t i = 0; i < wanted_.size(); ++i) complete(i);
    while (even_out_replicas()) {
    }
    for (auto& wanted : wanted_) choose_primary(wanted);
    while (even_out_primaries()) {
    }
    collect();
    return std::move(plan_);
  }

private:
  bool stays(const node_name& name) const {
    const auto found = view_.nodes.find(name);
    return found != view_.nodes.end() && !found->second.draining &&
           (found->second.up || found->second.gone_ms < settings_.replace_after_ms);
  }
  /// Whether it may get a replica now.
  bool takes(const node_name& name) const {
    const auto found = view_.nodes.find(name);
    return found != view_.nodes.end() && found->second.up && !found->second.draining;
  }
  std::size_t target() const { return std::min<std::size_t>(settings_.replicas, staying_); }
  /// As many as the operator chose; those that are gone for good are replaced.
  std::size_t target_by_hand(const shard_placement& wanted) const {
    return std::min<std::size_t>(wanted.replicas.size(), staying_);
  }
  /// Two disks for every acknowledged write as soon as there are three nodes (P1).
  std::uint32_t min_in_sync() const { return staying_ >= 3 && settings_.replicas >= 2 ? 2 : 1; }

  static shard_placement start(const placeable_shard& shard) {
    auto wanted = shard.wanted;
    if (!wanted.replicas.empty() || shard.configuration.epoch == 0) return wanted;
    for (const auto& m : shard.configuration.in_sync) wanted.replicas.push_back(m.node);
    wanted.primary = shard.configuration.primary;
    return wanted;
  }

  /// A new cluster: all stores are empty, so all replicas are in sync from the start, and whoever
  /// has seen that there was nothing before may lead at once (handover, R10).
  void found() {
    const bool enough = takers_.size() >= settings_.replicas;
    const bool waited = view_.waited_ms >= settings_.founding_ms && !takers_.empty();
    if (view_.founded || !(enough || waited)) return;
    for (std::size_t i = 0; i < wanted_.size(); ++i)
      if (view_.shards[i].configuration.epoch == 0) found(i);
  }
  void found(std::size_t shard) {
    shard_configuration first;
    first.epoch = 1;
    first.primary = takers_[shard % takers_.size()];
    first.min_in_sync = min_in_sync();
    first.handover = true;
    wanted_[shard].primary = first.primary;
    for (std::size_t k = 0; k < std::min(target(), takers_.size()); ++k) {
      const auto& node = takers_[(shard + k) % takers_.size()];
      first.in_sync.push_back({node, view_.nodes.at(node).store});
      wanted_[shard].replicas.push_back(node);
    }
    std::sort(first.in_sync.begin(), first.in_sync.end());
    std::sort(wanted_[shard].replicas.begin(), wanted_[shard].replicas.end());
    plan_.first.push_back({shard_id{static_cast<std::uint16_t>(shard)}, std::move(first)});
  }

  void count() {
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      for (const auto& node : wanted_[i].replicas) ++load_[node];
      if (moves(i)) ++moving_;
    }
  }
  /// Some node that is up has yet to catch up.
  bool moves(std::size_t shard) const {
    const auto& now = view_.shards[shard].configuration;
    if (now.epoch == 0) return false;
    return std::any_of(wanted_[shard].replicas.begin(), wanted_[shard].replicas.end(),
                       [&](const node_name& n) { return takes(n) && !now.find(n); });
  }

  void complete(std::size_t shard) {
    auto& wanted = wanted_[shard];
    if (wanted.replicas.empty()) return;
    const auto goal = wanted.pinned ? target_by_hand(wanted) : target();
    names kept;
    std::copy_if(wanted.replicas.begin(), wanted.replicas.end(), std::back_inserter(kept),
                 [this](const node_name& n) { return stays(n); });
    const bool moved_before = moves(shard);
    while (kept.size() < goal) {
      const auto* more = least_loaded(kept);
      if (!more || (!moved_before && moving_ >= settings_.moves_max)) break;
      kept.push_back(*more);
    }
    while (kept.size() > goal) drop_one(shard, kept);
    const auto least = std::max(1u, view_.shards[shard].configuration.min_in_sync);
    if (kept.size() < std::min<std::size_t>(least, wanted.replicas.size())) return;
    // Until the successor of a replica is there, the replica stays.
    if (kept.size() < goal && kept.size() < wanted.replicas.size()) return;
    replace(shard, std::move(kept));
    if (!moved_before && moves(shard)) ++moving_;
  }
  void drop_one(std::size_t shard, names& kept) const {
    const auto& now = view_.shards[shard].configuration;
    const auto badness = [&](const node_name& n) {
      return std::tuple(n != wanted_[shard].primary && n != now.primary, !now.find(n), load(n));
    };
    kept.erase(std::max_element(kept.begin(), kept.end(), [&](const auto& a, const auto& b) {
      return badness(a) < badness(b);
    }));
  }
  void replace(std::size_t shard, names replicas) {
    std::sort(replicas.begin(), replicas.end());
    for (const auto& node : wanted_[shard].replicas) --load_[node];
    for (const auto& node : replicas) ++load_[node];
    wanted_[shard].replicas = std::move(replicas);
  }
  std::size_t load(const node_name& n) const {
    const auto found = load_.find(n);
    return found == load_.end() ? 0 : found->second;
  }
  const node_name* least_loaded(const names& except) const {
    const node_name* best = nullptr;
    for (const auto& n : takers_)
      if (!has(except, n) && (!best || load(n) < load(*best))) best = &n;
    return best;
  }

  bool even_out_replicas() {
    if (takers_.size() < 2 || moving_ >= settings_.moves_max) return false;
    const auto by_load = [this](const auto& a, const auto& b) { return load(a) < load(b); };
    const auto [least, most] = std::minmax_element(takers_.begin(), takers_.end(), by_load);
    if (load(*most) < load(*least) + 2) return false;
    for (const bool also_primary : {false, true})
      for (std::size_t i = 0; i < wanted_.size(); ++i)
        if (may_move(i, *most, *least, also_primary)) return move(i, *most, *least), true;
    return false;
  }
  bool may_move(std::size_t shard, const node_name& from, const node_name& to,
                bool also_primary) const {
    const auto& wanted = wanted_[shard];
    if (wanted.pinned || moves(shard) || view_.shards[shard].configuration.epoch == 0) return false;
    return has(wanted.replicas, from) && !has(wanted.replicas, to) &&
           (also_primary || wanted.primary != from);
  }
  void move(std::size_t shard, const node_name& from, const node_name& to) {
    auto replicas = wanted_[shard].replicas;
    std::replace(replicas.begin(), replicas.end(), from, to);
    replace(shard, std::move(replicas));
    ++moving_;
  }

  void choose_primary(shard_placement& wanted) {
    if (wanted.replicas.empty()) return;
    const auto fits = [&](const node_name& n) { return has(wanted.replicas, n) && stays(n); };
    if (!fits(wanted.primary)) {
      const node_name* best = nullptr;
      for (const auto& n : wanted.replicas)
        if (stays(n) && (!best || led_[n] < led_[*best])) best = &n;
      wanted.primary = best ? *best : node_name();
    }
    if (!wanted.primary.empty()) ++led_[wanted.primary];
  }

  bool even_out_primaries() {
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      auto& wanted = wanted_[i];
      if (wanted.pinned || wanted.primary.empty()) continue;
      for (const auto& n : wanted.replicas) {
        if (!takes(n) || !view_.shards[i].configuration.find(n)) continue;
        if (led_[wanted.primary] < led_[n] + 2) continue;
        --led_[wanted.primary];
        ++led_[n];
        wanted.primary = n;
        return true;
      }
    }
    return false;
  }

  void collect() {
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      auto& wanted = wanted_[i];
      if (wanted.replicas.empty()) continue;
      wanted.min_in_sync = std::max(wanted.min_in_sync, min_in_sync());
      if (!(wanted == view_.shards[i].wanted))
        plan_.wishes.push_back({shard_id{static_cast<std::uint16_t>(i)}, wanted});
    }
  }

  const placement_view& view_;
  const placement_settings& settings_;
  std::size_t staying_ = 0;
  names takers_;
  std::vector<shard_placement> wanted_;
  std::map<node_name, std::size_t> load_;
  std::map<node_name, std::size_t> led_;
  std::size_t moving_ = 0;
  placement_plan plan_;
};

}  // namespace

placement_plan plan_placement(const placement_view& view, const placement_settings& settings) {
  return planner(view, settings).plan();
}

}  // namespace taskdriver::cluster
