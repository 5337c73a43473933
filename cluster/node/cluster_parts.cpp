// Start, stop, and the ways between network, register and replicas.
#include "cluster/node/cluster_parts.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/thread_name.hpp"
#include "cluster/replica/replica_codec.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::chrono::milliseconds between_looks{10};
constexpr std::int64_t handover_repeat_ms = 500;

}  // namespace

cluster_node::parts::parts(cluster_node_options o, storage::node_store& s,
                           std::unique_ptr<coordinator> j, const time_source& t)
    : options(std::move(o)),
      store(s),
      time(t),
      boot(random_u64() | 1),
      keys(options.cluster),
      judge(std::move(j)) {
  loop = std::make_unique<replica_loop>(
      replica_loop::surroundings{store, time, self(), options.replica, options.on_fsync});
  exchange = std::make_unique<checkpoint_exchange>(
      store, time, options.node, [this](shard_event event) { loop->post(std::move(event)); });
  mirror = std::make_shared<register_mirror>(
      *judge, keys, store.shard_count(), time,
      mirror_hooks{[this](shard_event event) { take_event(std::move(event)); },
                   [this] { wake(); }});
  requests = std::make_unique<peer_requests>(time);
  replicas = std::make_unique<clustered_replicas>(*loop, store, options.node);
  control = std::make_unique<cluster_operator>(cluster_operator::surroundings{
      *judge, *mirror, *loop, *exchange, reports, keys, options.cluster, options.node, boot,
      options.placement.replicas, time});
}

/// Whoever calls ends before whoever is called: first the threads, then network and register, which
/// call nobody once they are gone.
cluster_node::parts::~parts() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  if (house_.joinable()) house_.join();
  controller.reset();
  loop->stop();
  exchange->stop();
  control->use(nullptr);
  requests->detach();
  network.reset();
  judge.reset();
}

result<void> cluster_node::parts::start(const network_maker& make_network) {
  auto remembered = read_membership(options.data_dir);
  if (!remembered) return remembered.error();
  remembered_ = std::move(*remembered);
  if (remembered_ && remembered_->cluster != options.cluster)
    return error_info{errc::wrong_state,
                      "the data directory belongs to cluster \"" + remembered_->cluster + "\""};
  const bool member_before = remembered_.has_value();
  if (!member_before)
    if (auto joined = join(options.give_up); !joined) return joined;
  auto made = make_network({.cluster = options.cluster,
                            .node = options.node,
                            .store = store.store_id(),
                            .boot = boot,
                            .http = options.http_address},
                           *this);
  if (!made) return made.error();
  network = std::move(*made);
  control->use(network.get());
  requests->attach(*network);
  exchange->start(*network);
  loop->start(*network, *mirror, *exchange);
  mirror->start();
  house_ = std::thread([this, member_before] {
    name_this_thread("house-keeping");
    look_at_nodes();  // those it remembers, should the register be away
    if (member_before)
      if (auto joined = join([this] { return stopping(); }); !joined && !stopping())
        return options.on_fatal(joined.error());
    keep_house();
  });
  return {};
}

// --- network ------------------------------------------------------------------------------------

void cluster_node::parts::connected(const peer_identity& peer) {
  log_event(log_level::info, "peer connected", {{"peer", peer.node}});
  exchange->connected(peer.as_member());
}

void cluster_node::parts::disconnected(const peer_identity& peer) {
  log_event(log_level::info, "peer disconnected", {{"peer", peer.node}});
  exchange->disconnected(peer.node);
  requests->disconnected(peer);
  if (reports.disconnected(peer.node)) post_placements();
}

void cluster_node::parts::received(const peer_identity& from, peer_lane, std::string frame) {
  if (frame.empty()) return;
  switch (static_cast<frame_kind>(frame.front())) {
    case frame_kind::replica:
      return take_replica_frame(from, frame);
    case frame_kind::request:
    case frame_kind::answer:
    case frame_kind::cancel:
      return requests->received(from, std::move(frame));
    case frame_kind::checkpoint:
      return exchange->received(from.node, std::move(frame));
    case frame_kind::report:
      if (reports.take(from.node, frame, now_ms())) post_placements();
      return;
  }
}

void cluster_node::parts::take_replica_frame(const peer_identity& from, std::string_view frame) {
  auto messages = decode_replica_frame(frame);
  if (!messages) {
    log_event(log_level::error, "peer message not understood", {{"peer", from.node}});
    return;
  }
  std::vector<shard_event> events;
  events.reserve(messages->size());
  for (auto& m : *messages)
    if (raw(m.shard) < store.shard_count())
      events.push_back(
          {m.shard, replica_input(message_input{from.as_member(), std::move(m.message)})});
  loop->post(std::move(events));
}

// --- register -----------------------------------------------------------------------------------

void cluster_node::parts::take_event(shard_event event) {
  if (auto* input = std::get_if<replica_input>(&event.what))
    if (auto* placed = std::get_if<placement_input>(input))
      placed->wanted = reports.without_leaving(std::move(placed->wanted));
  loop->post(std::move(event));
}

void cluster_node::parts::post_placements() {
  const auto picture = mirror->picture();
  for (std::uint16_t i = 0; i < picture.placements.size(); ++i)
    if (picture.placements[i].revision != 0)
      take_event({shard_id{i}, replica_input(placement_input{picture.placements[i].record})});
}

void cluster_node::parts::wake() {
  {
    const std::lock_guard lock(mutex_);
    nodes_changed_ = true;
  }
  wake_.notify_one();
}

bool cluster_node::parts::stopping() const {
  const std::lock_guard lock(mutex_);
  return stop_;
}

// --- leaving ------------------------------------------------------------------------------------

/// Whether somebody would wait for this node, and does not have to: enough others are there.
bool cluster_node::parts::leads_or_counts() const {
  const auto picture = mirror->picture();
  for (std::size_t i = 0; i < picture.shards.size(); ++i) {
    const auto& c = picture.shards[i].record;
    if (!c.holds(self())) continue;
    const auto& wanted = picture.placements[i].record.replicas;
    const auto others = std::count_if(wanted.begin(), wanted.end(), [&](const node_name& n) {
      return n != options.node && picture.live.contains(n) && network->connected(n);
    });
    if (others >= static_cast<std::ptrdiff_t>(c.min_in_sync)) return true;
  }
  return false;
}

void cluster_node::parts::hand_over(std::int64_t ms_max) {
  leaving_ = true;
  reports.leave(options.node);
  send_reports();
  post_placements();
  const auto until = now_ms() + ms_max;
  for (std::int64_t repeat_at = 0; leads_or_counts() && now_ms() < until;) {
    if (now_ms() >= repeat_at) {
      for (std::uint16_t i = 0; i < store.shard_count(); ++i)
        loop->post(shard_event{shard_id{i}, replica_input(handover_input{})});
      repeat_at = now_ms() + handover_repeat_ms;
    }
    std::this_thread::sleep_for(between_looks);
  }
  log_event(log_level::info, "shards handed over", {{"all", !leads_or_counts()}});
}

domain::cluster_numbers cluster_node::parts::numbers() const {
  return control->numbers();
}

}  // namespace taskdriver::cluster
