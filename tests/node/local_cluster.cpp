// Starting and stopping of nodes in one process.
#include "tests/node/local_cluster.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "cluster/coordinator/register_codec.hpp"

namespace taskdriver::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;
constexpr auto between_looks = 5ms;

domain::changes named(project_number number, const std::string& name) {
  return {domain::put_project{{.id = object_id::make(number, sequence{0}, 1), .name = name}}};
}

}  // namespace

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(between_looks);
  }
  return true;
}

void stream_witness::applied(std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  newest_ = static_cast<std::int64_t>(ticket);
  told_.notify_all();
}

void stream_witness::lost(const error_info& why) {
  const std::lock_guard lock(mutex_);
  lost_ = why.code;
  told_.notify_all();
}

bool stream_witness::wait(std::uint64_t ticket) {
  std::unique_lock lock(mutex_);
  const auto enough = [&] {
    return lost_.has_value() || newest_ >= static_cast<std::int64_t>(ticket);
  };
  return told_.wait_for(lock, patience, enough) && newest_ >= static_cast<std::int64_t>(ticket);
}

bool stream_witness::is_lost() {
  return why_lost().has_value();
}

std::optional<errc> stream_witness::why_lost() {
  const std::lock_guard lock(mutex_);
  return lost_;
}

local_cluster::local_cluster(std::uint16_t shards) : shards_(shards) {
  mail_ = std::thread([this] {
    while (!stop_)
      if (!wires.deliver_one()) std::this_thread::sleep_for(200us);
  });
}

local_cluster::~local_cluster() {
  for (auto& [name, _] : nodes_) kill(name);
  stop_ = true;
  mail_.join();
}

local_node& local_cluster::known(const cluster::node_name& name) {
  auto& node = nodes_[name];
  if (!node) {
    node = std::make_unique<local_node>();
    node->name = name;
    node->data_dir = root_.path() + "/" + name;
  }
  return *node;
}

result<void> local_cluster::try_start(
    const cluster::node_name& name,
    const std::function<void(cluster::cluster_node_options&)>& adjust) {
  auto& n = known(name);
  storage::store_options with;
  with.data_dir = n.data_dir;
  with.shard_count = shards_;
  with.replay = false;
  if (const auto faulty = disks_.find(name); faulty != disks_.end())
    with.env = faulty->second.env.get();
  auto store = storage::node_store::open(with);
  if (!store) return store.error();
  cluster::cluster_node_options options;
  options.cluster = "test";
  options.node = name;
  options.data_dir = n.data_dir;
  options.version = "0";
  options.cluster_address = "127.0.0.1:1";
  options.placement.founding_ms = 1;
  options.on_fatal = [](const error_info& why) { BOOST_TEST_MESSAGE("fatal: " << why.text); };
  if (adjust) adjust(options);
  auto node = cluster::cluster_node::start(
      options, **store, judge.connect(name),
      [this](const cluster::peer_identity& self, cluster::peer_observer& observer) {
        return result<std::unique_ptr<cluster::peer_network>>(wires.join(self, observer));
      },
      system_time());
  if (!node) return node.error();
  n.store = std::move(*store);
  n.node = std::move(*node);
  return {};
}

local_node& local_cluster::start(
    const cluster::node_name& name,
    const std::function<void(cluster::cluster_node_options&)>& adjust) {
  const auto started = try_start(name, adjust);
  BOOST_TEST_REQUIRE(started.ok(), (started ? "" : started.error().text));
  return known(name);
}

void local_cluster::kill(const cluster::node_name& name) {
  auto& n = known(name);
  n.node.reset();
  n.store.reset();
}

void local_cluster::stop(const cluster::node_name& name) {
  known(name).node->hand_over(10'000);
  kill(name);
}

void local_cluster::lose_disk(const cluster::node_name& name) {
  BOOST_TEST_REQUIRE(!known(name).runs());
  std::filesystem::remove_all(known(name).data_dir);
}

local_node* local_cluster::primary_of(project_number project) {
  local_node* found = nullptr;
  (void)eventually([&] {
    for (auto& [_, n] : nodes_)
      if (n->runs() && n->replicas().may_answer(project, system_time().now().steady_ms))
        found = n.get();
    return found != nullptr;
  });
  return found;
}

bool local_cluster::put(project_number project, const std::string& name) {
  return eventually([&] {
    auto* at = primary_of(project);
    if (!at) return false;
    auto witness = std::make_shared<stream_witness>();
    const auto stream = at->replicas().open_stream(project, witness);
    return stream->propose(1, named(project, name)) && witness->wait(1);
  });
}

std::string local_cluster::get(project_number project) {
  auto* at = primary_of(project);
  if (!at) return "nobody serves it";
  const auto found = at->replicas().records().load_project(project);
  return found ? found->name : "";
}

cluster::shard_configuration local_cluster::registered(project_number project) {
  const auto text = judge.value(keys.shard(raw(shard_of(project, shards_))));
  const auto now = cluster::decode_shard_configuration(text);
  return now ? *now : cluster::shard_configuration();
}

}  // namespace taskdriver::testing
