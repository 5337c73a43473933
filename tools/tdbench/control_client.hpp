// Single requests outside the measurement: set-up, clean-up, metrics.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "tools/tdbench/endpoint.hpp"

namespace taskdriver::bench {

struct control_answer {
  int status = 0;
  std::string body;
};

/// Asks `server` once over a connection of its own and waits, at most five minutes (the end of a
/// project with millions of tasks takes its time). Thread: any, blocks.
/// Fails: unavailable when there is no answer.
result<control_answer> ask_once(const endpoint& server, std::string_view method,
                                std::string_view target, const std::string& token,
                                std::string_view body = {});

/// Like ask_once, but any status beyond 2xx is an error too, with the body as its text.
result<std::string> ask_for_success(const endpoint& server, std::string_view method,
                                    std::string_view target, const std::string& token,
                                    std::string_view body = {});

}  // namespace taskdriver::bench
