// Stand-ins for what the API server works with: actors, node, clock, and a client's connection.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "http/api_server.hpp"
#include "sample_records.hpp"

namespace taskdriver::http {

/// Keeps what it is asked; the test answers.
class fake_actors final : public actors::task_api {
public:
  void handle(actors::request_ptr request) override { asked.push_back(std::move(request)); }
  actors::queue_totals totals() const override { return {}; }
  std::vector<actors::project_gauges> deepest_projects(std::size_t) const override { return {}; }

  std::deque<actors::request_ptr> asked;
};

class fake_node final : public actors::node_status {
public:
  actors::node_health health() const override { return state; }
  actors::log_statistics log() const override { return {}; }
  actors::storage_statistics storage() const override { return {}; }
  std::optional<domain::cluster_numbers> cluster() const override { return in_cluster; }

  actors::node_health state;
  std::optional<domain::cluster_numbers> in_cluster;
};

class fake_time final : public time_source {
public:
  instant now() const override { return at; }

  instant at{5'000, ten_oclock_ms};
};

/// The client's end of one request: what it got.
class fake_client final : public answer_sink {
public:
  void deliver(http::answer a) override {
    ++answers;
    got = std::move(a.content);
  }
  std::string header(std::string_view name) const {
    const auto values = got->headers.find(name);
    return values.empty() ? std::string() : std::string(values.front());
  }
  std::size_t count(std::string_view name) const { return got->headers.find(name).size(); }

  int answers = 0;
  std::optional<response> got;
  std::weak_ptr<exchange> connection;  // which holds this client
};

/// An API server with nothing real around it.
struct api_fixture {
  fake_node node;
  fake_time time;
  fake_actors actors;  // what it has not answered asks for the time at its end
  api_edge_options options = [] {
    api_edge_options o;
    o.admin_token = "admin";
    o.log_requests = request_log_mode::none;
    return o;
  }();
  std::optional<api_server> api;

  api_server& server() {
    if (!api) api.emplace(options, actors, node, time);
    return *api;
  }

  static request make_request(std::string method, std::string target, std::string body = {}) {
    request r;
    r.method = std::move(method);
    r.target = std::move(target);
    r.body = std::move(body);
    r.remote_ip = "192.0.2.1";
    return r;
  }

  std::shared_ptr<fake_client> send(request r) {
    auto client = std::make_shared<fake_client>();
    auto connection = std::make_shared<exchange>();
    connection->sink = client;
    client->connection = connection;
    server().handle(std::move(r), responder(std::move(connection)));
    return client;
  }
  std::shared_ptr<fake_client> send_as_admin(std::string method, std::string target,
                                             std::string body = {}) {
    auto r = make_request(std::move(method), std::move(target), std::move(body));
    r.headers.add("Authorization", "Bearer admin");
    return send(std::move(r));
  }

  /// Takes the oldest request that the actors have not answered.
  actors::request_ptr next_asked() {
    auto request = std::move(actors.asked.front());
    actors.asked.pop_front();
    return request;
  }
};

}  // namespace taskdriver::http
