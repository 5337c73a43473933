// Request lines: what of a request may stand in a log, and in which form.
#include "http/request_log.hpp"

#include "base/log.hpp"

namespace taskdriver::http {
namespace {

constexpr std::size_t path_bytes_max = 256;
constexpr int first_error_status = 400;

/// Microseconds as milliseconds with three digits: enough to see an fsync, short enough to read.
double milliseconds(std::int64_t us) {
  return static_cast<double>(us) / 1000;
}

}  // namespace

std::optional<request_log_mode> parse_request_log_mode(std::string_view text) {
  if (text == "all") return request_log_mode::all;
  if (text == "errors") return request_log_mode::errors;
  if (text == "none") return request_log_mode::none;
  return std::nullopt;
}

std::string loggable_path(std::string_view target) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string path;
  for (unsigned char c : target.substr(0, target.find_first_of("?#"))) {
    if (path.size() >= path_bytes_max) {
      path += "...";
      break;
    }
    if (c > ' ' && c < 0x7f) {
      path += static_cast<char>(c);
    } else {
      path += '%';
      path += digits[c >> 4];
      path += digits[c & 0xf];
    }
  }
  return path;
}

bool request_log::wants(int status) const {
  switch (mode_) {
    case request_log_mode::all:
      return true;
    case request_log_mode::errors:
      return status >= first_error_status;
    case request_log_mode::none:
      return false;
  }
  return false;
}

void request_log::write(const request_line& line) const {
  if (!wants(line.status) || !log_enabled(log_level::info)) return;
  const auto path = loggable_path(line.target);
  const auto method = loggable_path(line.method);
  if (!line.forwarded_to.empty()) {
    log_event(log_level::info, "http_request",
              {{"method", method},
               {"path", path},
               {"status", line.status},
               {"duration_ms", milliseconds(line.duration_us)},
               {"correlationId", line.correlation_id},
               {"remote_ip", line.remote_ip},
               {"agent", line.agent},
               {"forwarded_to", line.forwarded_to}});
    return;
  }
  if (line.agent.empty()) {
    log_event(log_level::info, "http_request",
              {{"method", method},
               {"path", path},
               {"status", line.status},
               {"duration_ms", milliseconds(line.duration_us)},
               {"correlationId", line.correlation_id},
               {"remote_ip", line.remote_ip}});
    return;
  }
  log_event(log_level::info, "http_request",
            {{"method", method},
             {"path", path},
             {"status", line.status},
             {"duration_ms", milliseconds(line.duration_us)},
             {"correlationId", line.correlation_id},
             {"remote_ip", line.remote_ip},
             {"agent", line.agent}});
}

}  // namespace taskdriver::http
