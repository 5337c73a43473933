// From the register's copy to a plan, and from the plan to the register.
#include "cluster/node/placement_controller.hpp"

#include <chrono>

#include "base/log.hpp"
#include "base/thread_name.hpp"
#include "cluster/coordinator/register_codec.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::chrono::seconds between_looks{1};
constexpr int campaign_ttl_s = 5;

std::string joined(const std::vector<node_name>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

}  // namespace

placement_controller::placement_controller(const surroundings& around) : around_(around) {}

placement_controller::~placement_controller() {
  stop();
}

void placement_controller::start() {
  around_.judge.campaign(around_.keys.controller(), around_.self, campaign_ttl_s,
                         [elected = elected_](bool mine) { *elected = mine; });
  thread_ = std::thread([this] { run(); });
}

void placement_controller::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void placement_controller::run() {
  name_this_thread("placement");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, between_looks, [this] { return stop_; })) {
    lock.unlock();
    if (*elected_)
      plan();
    else
      gone_since_ms_.clear(), first_up_ms_ = 0;
    lock.lock();
  }
}

void placement_controller::plan() {
  const auto picture = around_.mirror.picture();
  if (!picture.known) return;
  write(picture, plan_placement(look(picture), around_.settings));
}

/// A node's absence is counted from when this controller first saw it: a new controller waits
/// longer rather than less.
placement_view placement_controller::look(const cluster_picture& picture) {
  const auto now = around_.time.now().steady_ms;
  placement_view view{.founded = around_.founded};
  for (const auto& [name, node] : picture.nodes) {
    const auto live = picture.live.find(name);
    const bool up = live != picture.live.end() && live->second.store == node.record.store;
    if (up)
      gone_since_ms_.erase(name);
    else
      gone_since_ms_.emplace(name, now);
    if (node.record.state == node_state::removed) continue;
    view.nodes[name] = {.store = node.record.store,
                        .up = up,
                        .draining = node.record.state == node_state::draining,
                        .gone_ms = up ? 0 : now - gone_since_ms_[name]};
    if (up && first_up_ms_ == 0) first_up_ms_ = now;
  }
  view.waited_ms = first_up_ms_ == 0 ? 0 : now - first_up_ms_;
  for (std::size_t i = 0; i < picture.shards.size(); ++i)
    view.shards.push_back({picture.shards[i].record, picture.placements[i].record});
  return view;
}

void placement_controller::write(const cluster_picture& picture, const placement_plan& plan) {
  for (const auto& [shard, configuration] : plan.first)
    around_.judge.change(around_.keys.shard(raw(shard)), 0, encode(configuration),
                         [](change_outcome) {});
  for (const auto& [shard, wanted] : plan.wishes) {
    log_event(log_level::info, "placement",
              {{"shard", raw(shard)},
               {"replicas", joined(wanted.replicas)},
               {"primary", wanted.primary}});
    around_.judge.change(around_.keys.placement(raw(shard)),
                         picture.placements[raw(shard)].revision, encode(wanted),
                         [](change_outcome) {});
  }
}

}  // namespace taskdriver::cluster
