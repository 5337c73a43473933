// Puts the parts of a node together and collects their answers.
#include "tests/cost/cost_node.hpp"

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "actors/actor_node.hpp"
#include "base/check.hpp"
#include "base/time.hpp"
#include "cluster/single_node_replicas.hpp"
#include "http/api_server.hpp"
#include "http/server/request_parser.hpp"
#include "http/server/response_encoder.hpp"
#include "storage/node_store.hpp"
#include "tests/support/temporary_directory.hpp"

namespace taskdriver::cost {
namespace {

/// Takes the place of the io threads' mailboxes; the number of a request is its descriptor.
class collecting_sink final : public http::answer_sink {
public:
  void expect(std::size_t answers) {
    const std::lock_guard lock(mutex_);
    answers_.assign(answers, {});
    missing_ = answers;
  }
  void deliver(http::answer a) override {
    const std::lock_guard lock(mutex_);
    TASKDRIVER_CHECK(a.content.has_value(), "a request was dropped");
    answers_[static_cast<std::size_t>(a.to.fd)] = std::move(*a.content);
    if (--missing_ == 0) all_there_.notify_one();
  }
  std::vector<http::response> wait() {
    std::unique_lock lock(mutex_);
    all_there_.wait(lock, [this] { return missing_ == 0; });
    return std::move(answers_);
  }

private:
  std::mutex mutex_;
  std::condition_variable all_there_;
  std::vector<http::response> answers_;
  std::size_t missing_ = 0;
};

struct silent_status final : actors::node_status {
  actors::node_health health() const override { return {}; }
  actors::log_statistics log() const override { return {}; }
  actors::storage_statistics storage() const override { return {}; }
};

http::api_edge_options edge_options() {
  http::api_edge_options o;
  o.admin_token = admin_token;
  o.log_requests = http::request_log_mode::errors;
  o.version = "cost";
  o.node_id = "n1";
  return o;
}

}  // namespace

struct cost_node::parts {
  explicit parts(const std::string& parent) : directory(parent) {
    auto opened = storage::node_store::open({.data_dir = directory.path() + "/data"});
    TASKDRIVER_CHECK(opened.ok(), "the store opens");
    store = std::move(*opened);
    replicas = std::make_unique<cluster::single_node_replicas>(*store, storage::fsync_hook{});
    actors = std::make_unique<actors::actor_node>(*replicas, system_time(),
                                                  actors::actor_node_options{});
    api = std::make_unique<http::api_server>(edge_options(), *actors, status, system_time());
  }
  ~parts() {
    actors->stop();
    replicas.reset();
    actors.reset();
  }

  void send(std::size_t number, const std::string& bytes) {
    using step = http::request_parser::step;
    std::string_view input = bytes;
    step s = step::need_more;
    do s = parser.feed(input);
    while (s == step::head_done);
    TASKDRIVER_CHECK(s == step::complete, "a request of ours is well-formed");
    auto exchange = std::make_shared<http::exchange>();
    exchange->sink = sink;
    exchange->id = {static_cast<int>(number), 1};
    auto request = parser.take();
    request.remote_ip = "127.0.0.1";
    api->handle(std::move(request), http::responder(std::move(exchange)));
  }

  testing::temporary_directory directory;
  silent_status status;
  std::unique_ptr<storage::node_store> store;
  std::unique_ptr<cluster::single_node_replicas> replicas;
  std::unique_ptr<actors::actor_node> actors;
  std::unique_ptr<http::api_server> api;
  std::shared_ptr<collecting_sink> sink = std::make_shared<collecting_sink>();
  http::server_limits limits;
  http::request_parser parser{limits};
  http::response_encoder encoder;
  std::string head;
};

cost_node::cost_node(const std::string& parent) : parts_(std::make_unique<parts>(parent)) {}
cost_node::~cost_node() = default;

std::vector<std::string> cost_node::ask(const std::vector<std::string>& requests) {
  parts_->sink->expect(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) parts_->send(i, requests[i]);
  std::vector<std::string> bodies;
  for (auto& answer : parts_->sink->wait()) {
    TASKDRIVER_CHECK(answer.status >= 200 && answer.status < 300, answer.body);
    parts_->head.clear();
    parts_->encoder.append_head(parts_->head, answer, {});
    bodies.push_back(std::move(answer.body));
  }
  return bodies;
}

}  // namespace taskdriver::cost
