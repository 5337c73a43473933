// One line at a time: name{label="value",...} number.
#include "tools/tdctl/metrics_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace taskdriver::tdctl {
namespace {

/// Reads `"..."` at `at` with its escapes; false when it does not end.
bool read_quoted(std::string_view line, std::size_t& at, std::string& out) {
  if (at >= line.size() || line[at] != '"') return false;
  for (++at; at < line.size() && line[at] != '"'; ++at) {
    const bool escaped = line[at] == '\\' && at + 1 < line.size();
    if (escaped) ++at;
    out += escaped && line[at] == 'n' ? '\n' : line[at];
  }
  return at++ < line.size();
}

bool read_labels(std::string_view line, std::size_t& at, metric_sample& sample) {
  while (at < line.size() && line[at] != '}') {
    if (line[at] == ',') {
      ++at;
      continue;
    }
    const auto equals = line.find('=', at);
    if (equals == std::string_view::npos) return false;
    const std::string name(line.substr(at, equals - at));
    at = equals + 1;
    if (!read_quoted(line, at, sample.labels[name])) return false;
  }
  return at++ < line.size();
}

std::optional<std::pair<std::string, metric_sample>> read_sample(std::string_view line) {
  if (line.empty() || line.front() == '#') return std::nullopt;
  auto at = line.find_first_of("{ ");
  if (at == std::string_view::npos) return std::nullopt;
  std::pair<std::string, metric_sample> out{std::string(line.substr(0, at)), {}};
  if (line[at] == '{' && !read_labels(line, ++at, out.second)) return std::nullopt;
  const std::string number(line.substr(std::min(at, line.size())));
  char* end = nullptr;
  out.second.value = std::strtod(number.c_str(), &end);
  if (end == number.c_str()) return std::nullopt;
  return out;
}

}  // namespace

metrics_text::metrics_text(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (auto sample = read_sample(text.substr(0, end)))
      samples_[sample->first].push_back(std::move(sample->second));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

const std::vector<metric_sample>& metrics_text::all(const std::string& name) const {
  static const std::vector<metric_sample> none;
  const auto found = samples_.find(name);
  return found == samples_.end() ? none : found->second;
}

double metrics_text::total(const std::string& name) const {
  double sum = 0;
  for (const auto& sample : all(name)) sum += sample.value;
  return sum;
}

std::map<double, double> metrics_text::buckets(const std::string& name) const {
  std::map<double, double> out;
  for (const auto& sample : all(name + "_bucket")) {
    const auto bound = sample.labels.find("le");
    if (bound != sample.labels.end())
      out[std::strtod(bound->second.c_str(), nullptr)] += sample.value;
  }
  return out;
}

double quantile(const std::map<double, double>& before, const std::map<double, double>& after,
                double q) {
  const auto came_up_to = [&](const auto& bucket) {
    const auto earlier = before.find(bucket.first);
    return bucket.second - (earlier == before.end() ? 0 : earlier->second);
  };
  if (after.empty()) return 0;
  const double wanted = q * came_up_to(*after.rbegin());
  if (wanted <= 0) return 0;
  double bound = 0, below = 0;
  for (const auto& bucket : after) {
    const double here = came_up_to(bucket);
    if (here >= wanted)
      return std::isinf(bucket.first)
                 ? bound
                 : bound + (bucket.first - bound) * (wanted - below) / (here - below);
    bound = bucket.first;
    below = here;
  }
  return bound;
}

}  // namespace taskdriver::tdctl
