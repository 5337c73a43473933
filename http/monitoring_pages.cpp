// /health, /metrics, /metrics/json, /api/docs and /api/openapi.json.
#include "http/monitoring_pages.hpp"

#include "base/check.hpp"
#include "http/error_status.hpp"
#include "http/json_writer.hpp"
#include "http/static_assets.hpp"

namespace taskdriver::http {
namespace {

/// Trouble that other nodes can live with is told, but does not make this one unhealthy.
void write_cluster(json_writer& out, const actors::node_health& health,
                   const domain::cluster_numbers& cluster) {
  out.open_object("cluster");
  out.boolean("healthy", !health.alone && cluster.register_reachable &&
                             cluster.peers_connected == cluster.peers_known &&
                             cluster.shards_without_primary == 0);
  out.boolean("registerReachable", cluster.register_reachable);
  out.number("peersKnown", cluster.peers_known);
  out.number("peersConnected", cluster.peers_connected);
  out.number("shards", cluster.shards);
  out.number("shardsServedHere", cluster.shards_served);
  out.number("shardsWithoutPrimary", cluster.shards_without_primary);
  if (health.alone) out.text_if("reason", health.reason);
  out.close_object();
}

void write_health(json_writer& out, const actors::node_health& health, const api_edge& edge) {
  const auto now = edge.time.now();
  out.open_object("data");
  out.text("status", health.able() ? "healthy" : "unhealthy");
  out.time("timestamp", now.wall_ms);
  out.number("uptime", static_cast<std::uint64_t>((now.steady_ms - edge.started.steady_ms) / 1000));
  out.open_object("storage");
  out.boolean("healthy", health.writable);
  out.text("provider", "rocksdb");
  if (!health.writable) out.text_if("reason", health.reason);
  out.close_object();
  if (const auto cluster = edge.node.cluster()) write_cluster(out, health, *cluster);
  out.close_object();
}

/// 503 when this node can do nothing for a client: the error envelope, and the same data as in
/// health.
response health_page(const request_facts& facts, const api_edge& edge) {
  const auto health = edge.node.health();
  response answer;
  if (!health.able())
    answer = edge.error_response({errc::unavailable, health.writable ? "No other node is reachable"
                                                                     : "The storage cannot write"},
                                 facts);
  else
    answer.body = R"({"success":true})";
  answer.body.pop_back();
  json_writer out(answer.body);
  write_health(out, health, edge);
  out.close_object();
  return answer;
}

response docs_page(const std::string& file, const request& from, const request_facts& facts,
                   const api_edge& edge) {
  const auto path = file.empty() ? std::string("/api/docs") : "/api/docs/" + file;
  const auto found =
      find_docs_asset({.path = path,
                       .accept_encoding = from.headers.find("Accept-Encoding").value_or(""),
                       .if_none_match = from.headers.find("If-None-Match").value_or("")});
  if (found.status == 404) return edge.error_response(not_found_error("Page"), facts);
  response answer{.status = found.status, .body = std::string(found.body)};
  response_headers headers(answer);
  add_asset_headers(found, headers);
  return answer;
}

}  // namespace

response local_response(local_page page, const std::string& file, const request& from,
                        const request_facts& facts, api_edge& edge) {
  switch (page) {
    case local_page::health:
      return health_page(facts, edge);
    case local_page::metrics:
      return {.content_type = std::string(metrics::content_type),
              .body = edge.counters.exposition()};
    case local_page::metrics_json:
      return {.body =
                  R"({"success":true,"data":)" + edge.counters.json_data(edge.time.now()) + "}"};
    case local_page::docs:
      return docs_page(file, from, facts, edge);
    case local_page::openapi:
      return {.body = edge.openapi};
    case local_page::none:
      break;
  }
  check_failed("a route without handler and page", __FILE__, __LINE__);
}

}  // namespace taskdriver::http
