// The Prometheus text of /metrics, read back.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace taskdriver::tdctl {

struct metric_sample {
  std::map<std::string, std::string> labels;
  double value = 0;
};

/// Samples by name. Lines that are not samples are left out.
class metrics_text {
public:
  metrics_text() = default;
  explicit metrics_text(std::string_view text);

  /// The sum over all labels; 0 when there is none.
  double total(const std::string& name) const;
  bool has(const std::string& name) const { return samples_.contains(name); }
  const std::vector<metric_sample>& all(const std::string& name) const;
  /// Cumulative counts by upper bound, summed over all other labels. `name` without "_bucket".
  std::map<double, double> buckets(const std::string& name) const;

private:
  std::map<std::string, std::vector<metric_sample>> samples_;
};

/// The bound below which a share `q` of what came between two readings of a histogram lies; 0 when
/// nothing came. Interpolated within a bucket as Prometheus does; the last finite bound at most.
double quantile(const std::map<double, double>& before, const std::map<double, double>& after,
                double q);

}  // namespace taskdriver::tdctl
