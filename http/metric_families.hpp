// The numbers of the actors, the log, the listener and the process in Prometheus' form.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "http/metrics.hpp"
#include "http/process_numbers.hpp"

namespace taskdriver::http {

using metric_families = std::vector<prometheus::MetricFamily>;

// Each appends its families; docs/http_api.md lists the names with their meaning.
void collect_queues(const actors::queue_totals& totals,
                    const std::vector<actors::project_gauges>& deepest, metric_families& out);
void collect_forwarding(const actors::forwarding_totals& totals, metric_families& out);
void collect_storage(const actors::node_status& node, metric_families& out);
void collect_cluster(const domain::cluster_numbers& numbers, metric_families& out);
void collect_server(const server_numbers& numbers, metric_families& out);
void collect_process(const process_numbers& numbers, instant started, metric_families& out);
void collect_build(const std::string& version, const std::string& node_id, metric_families& out);

}  // namespace taskdriver::http
