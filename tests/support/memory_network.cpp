// Connections and frames between nodes as lists in memory, delivered when a test says so.
#include "tests/support/memory_network.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace taskdriver::testing {

using cluster::node_name;

namespace {

std::pair<node_name, node_name> ordered(const node_name& a, const node_name& b) {
  return a < b ? std::pair(a, b) : std::pair(b, a);
}

std::size_t frame_bytes_max(cluster::peer_lane lane) {
  return lane == cluster::peer_lane::main ? cluster::main_frame_bytes_max
                                          : cluster::bulk_frame_bytes_max;
}

}  // namespace

class memory_cluster_network::node final : public cluster::peer_network {
public:
  node(memory_cluster_network& wires, node_name name) : wires_(wires), name_(std::move(name)) {}
  ~node() override { wires_.leave(name_); }

  void set_peers(std::vector<cluster::peer_address> peers) override {
    std::set<node_name> names;
    for (auto& peer : peers)
      if (peer.node != name_) names.insert(std::move(peer.node));
    wires_.set_peers(name_, std::move(names));
  }
  result<void> send(const node_name& to, cluster::peer_lane lane, std::string frame) override {
    return wires_.send({name_, to}, lane, std::move(frame));
  }
  bool connected(const node_name& to) const override { return wires_.connected({name_, to}); }

private:
  memory_cluster_network& wires_;
  const node_name name_;
};

memory_cluster_network::memory_cluster_network(std::size_t window_bytes)
    : window_bytes_(window_bytes) {}

memory_cluster_network::~memory_cluster_network() {
  TASKDRIVER_CHECK(nodes_.empty(), "the nodes are gone before what joins them");
}

std::unique_ptr<cluster::peer_network> memory_cluster_network::join(
    cluster::peer_identity self, cluster::peer_observer& observer) {
  const std::lock_guard held(lock_);
  const node_name name = self.node;
  const bool added = nodes_.emplace(name, endpoint{std::move(self), &observer}).second;
  TASKDRIVER_CHECK(added, "a name is one node's at a time");
  return std::make_unique<node>(*this, name);
}

void memory_cluster_network::leave(const node_name& name) {
  const std::lock_guard quiet(delivering_);
  const std::lock_guard held(lock_);
  for (const auto& [other, end] : nodes_)
    if (connected_.contains(ordered(name, other))) disconnect(ordered(name, other));
  std::erase_if(events_, [&](const event& e) { return e.way.second == name; });
  nodes_.erase(name);
}

void memory_cluster_network::set_peers(const node_name& of, std::set<node_name> peers) {
  const std::lock_guard held(lock_);
  nodes_.at(of).peers = std::move(peers);
  settle_all();
}

bool memory_cluster_network::connected(const direction& way) const {
  const std::lock_guard held(lock_);
  return connected_.contains(ordered(way.first, way.second));
}

result<void> memory_cluster_network::send(const direction& way, cluster::peer_lane lane,
                                          std::string frame) {
  TASKDRIVER_CHECK(!frame.empty(), "a frame begins with its kind");
  if (frame.size() > frame_bytes_max(lane))
    return error_info{errc::payload_too_large, "the frame is longer than its lane allows"};
  const std::lock_guard held(lock_);
  if (!connected_.contains(ordered(way.first, way.second)))
    return error_info{errc::unavailable, "not connected to " + way.second};
  std::size_t& waiting = waiting_bytes_[{way, lane}];
  if (waiting + frame.size() > window_bytes_)
    return error_info{errc::unavailable, way.second + " does not read: its window is full"};
  waiting += frame.size();
  events_.push_back({happening::frame, way, nodes_.at(way.first).self, lane, std::move(frame)});
  return {};
}

void memory_cluster_network::cut(const node_name& a, const node_name& b) {
  const std::lock_guard held(lock_);
  cuts_.insert(ordered(a, b));
  settle_all();
}

void memory_cluster_network::heal(const node_name& a, const node_name& b) {
  const std::lock_guard held(lock_);
  cuts_.erase(ordered(a, b));
  settle_all();
}

void memory_cluster_network::isolate(const node_name& node) {
  const std::lock_guard held(lock_);
  isolated_.insert(node);
  settle_all();
}

void memory_cluster_network::rejoin(const node_name& node) {
  const std::lock_guard held(lock_);
  isolated_.erase(node);
  settle_all();
}

void memory_cluster_network::reset(const node_name& a, const node_name& b) {
  const std::lock_guard held(lock_);
  if (connected_.contains(ordered(a, b))) disconnect(ordered(a, b));
  settle_all();
}

void memory_cluster_network::hold(const node_name& from, const node_name& to) {
  const std::lock_guard held(lock_);
  held_.insert({from, to});
}

void memory_cluster_network::release(const node_name& from, const node_name& to) {
  const std::lock_guard held(lock_);
  held_.erase({from, to});
}

bool memory_cluster_network::deliver_one() {
  const std::lock_guard quiet(delivering_);
  std::unique_lock held(lock_);
  const auto next = std::find_if(events_.begin(), events_.end(),
                                 [this](const event& e) { return deliverable(e); });
  if (next == events_.end()) return false;
  event e = std::move(*next);
  events_.erase(next);
  cluster::peer_observer& observer = *nodes_.at(e.way.second).observer;
  if (e.kind == happening::frame) waiting_bytes_[{e.way, e.lane}] -= e.frame.size();
  held.unlock();
  switch (e.kind) {
    case happening::connected:
      observer.connected(e.peer);
      break;
    case happening::disconnected:
      observer.disconnected(e.peer);
      break;
    case happening::frame:
      observer.received(e.peer, e.lane, std::move(e.frame));
      break;
  }
  return true;
}

std::size_t memory_cluster_network::deliver(std::size_t events_max) {
  std::size_t delivered = 0;
  while (delivered < events_max && deliver_one()) ++delivered;
  return delivered;
}

std::size_t memory_cluster_network::undelivered() const {
  const std::lock_guard held(lock_);
  return events_.size();
}

bool memory_cluster_network::wanted(const pair_of_nodes& nodes) const {
  const auto a = nodes_.find(nodes.first);
  const auto b = nodes_.find(nodes.second);
  return a != nodes_.end() && b != nodes_.end() && a->second.peers.contains(nodes.second) &&
         b->second.peers.contains(nodes.first) && !cuts_.contains(nodes) &&
         !isolated_.contains(nodes.first) && !isolated_.contains(nodes.second);
}

void memory_cluster_network::settle_all() {
  for (auto a = nodes_.begin(); a != nodes_.end(); ++a)
    for (auto b = std::next(a); b != nodes_.end(); ++b) settle({a->first, b->first});
}

void memory_cluster_network::settle(const pair_of_nodes& nodes) {
  if (wanted(nodes) == connected_.contains(nodes)) return;
  if (connected_.contains(nodes)) return disconnect(nodes);
  connected_.insert(nodes);
  tell(happening::connected, {nodes.first, nodes.second});
  tell(happening::connected, {nodes.second, nodes.first});
}

void memory_cluster_network::disconnect(const pair_of_nodes& nodes) {
  connected_.erase(nodes);
  lose_frames(nodes);
  tell(happening::disconnected, {nodes.first, nodes.second});
  tell(happening::disconnected, {nodes.second, nodes.first});
}

void memory_cluster_network::tell(happening kind, const direction& way) {
  events_.push_back({kind, way, nodes_.at(way.first).self});
}

void memory_cluster_network::lose_frames(const pair_of_nodes& nodes) {
  std::erase_if(events_, [&](const event& e) {
    return e.kind == happening::frame && ordered(e.way.first, e.way.second) == nodes;
  });
  for (auto& [lane, bytes] : waiting_bytes_)
    if (ordered(lane.first.first, lane.first.second) == nodes) bytes = 0;
}

bool memory_cluster_network::deliverable(const event& e) const {
  return e.kind != happening::frame || !held_.contains(e.way);
}

}  // namespace taskdriver::testing
