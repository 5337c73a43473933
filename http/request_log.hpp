// One log line per answered HTTP request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskdriver::http {

/// The values of --log-requests.
enum class request_log_mode : std::uint8_t { all, errors, none };

/// nullopt unless it is "all", "errors" or "none".
std::optional<request_log_mode> parse_request_log_mode(std::string_view text);

struct request_line {
  std::string_view method;
  std::string_view target;  // as sent; of it only the path is logged, never the query
  int status = 0;
  std::int64_t duration_us = 0;
  std::string_view correlation_id;
  std::string_view remote_ip;
  std::string_view agent;         // of the session; empty = unknown
  std::string_view forwarded_to;  // the node that carried it out; empty = this one
};

/// The path of a target as it may stand in a log: no query, printable ASCII only (other bytes as
/// %XX), at most 256 bytes.
std::string loggable_path(std::string_view target);

/// Writes the lines. `errors` are the statuses from 400. Thread: any.
class request_log {
public:
  explicit request_log(request_log_mode mode) : mode_(mode) {}
  bool wants(int status) const;
  /// Does nothing for a request that the mode leaves out.
  void write(const request_line& line) const;

private:
  request_log_mode mode_;
};

}  // namespace taskdriver::http
