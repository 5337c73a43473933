// Counting and merging of measurements.
#include "tools/tdbench/recorder.hpp"

namespace taskdriver::bench {
namespace {

constexpr std::size_t samples_max = 5;
constexpr std::size_t sample_bytes_max = 300;

}  // namespace

std::string_view name_of(measure kind) {
  switch (kind) {
    case measure::login:
      return "login";
    case measure::create:
      return "create";
    case measure::bulk:
      return "bulk";
    case measure::claim:
      return "claim";
    case measure::complete:
      return "complete";
    case measure::fail:
      return "fail";
    case measure::page:
      return "page";
    case measure::peek:
      return "peek";
    case measure::stats:
      return "stats";
    case measure::first_page:
      return "first page";
    case measure::next_page:
      return "next page";
    case measure::poll:
      return "poll";
    case measure::cycle:
      return "cycle";
    case measure::start_delay:
      return "start delay";
    case measure::delivery:
      return "delivery";
  }
  return "?";
}

void recorder::record(measure kind, std::int64_t latency_ns) {
  if (recording) stats_[static_cast<std::size_t>(kind)].latency_ns.add(latency_ns);
}

void recorder::record_error(measure kind, int status, std::string_view body) {
  ++stats_[static_cast<std::size_t>(kind)].errors[status];
  if (samples_.size() < samples_max) {
    samples_.push_back({kind, status, std::string(body.substr(0, sample_bytes_max))});
  }
}

void recorder::merge(const recorder& other) {
  for (std::size_t i = 0; i < measure_count; ++i) {
    stats_[i].latency_ns.merge(other.stats_[i].latency_ns);
    for (const auto& [status, count] : other.stats_[i].errors) stats_[i].errors[status] += count;
  }
  for (const auto& sample : other.samples_) {
    if (samples_.size() < samples_max) samples_.push_back(sample);
  }
  operations += other.operations;
  empty_claims += other.empty_claims;
  unanswered += other.unanswered;
}

std::uint64_t recorder::error_count() const {
  std::uint64_t count = unanswered;
  for (const auto& stats : stats_) {
    for (const auto& [status, errors] : stats.errors) count += errors;
  }
  return count;
}

std::uint64_t recorder::request_count() const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < measure_count; ++i) {
    if (is_request(static_cast<measure>(i))) count += stats_[i].latency_ns.count();
  }
  return count;
}

}  // namespace taskdriver::bench
