// Requests to the HTTP API as an operator makes them: one at a time, to whichever node answers.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "tools/tdctl/server_access.hpp"

namespace taskdriver::tdctl {

struct http_answer {
  int status = 0;
  std::string body;
  std::string url;  // which node answered
};

/// What a request may do when a node does not answer.
enum class elsewhere {
  ask,    // the next address: for what may be repeated
  never,  // only the first address that takes a connection
};

/// Thread: one. Fails (every request):
///   unavailable      no address answers, or the last one said 503
///   unauthenticated, forbidden, not_found, in_use, validation, rate_limited   what the server said
///   outcome_unknown  sent, but not answered in time
///   internal         the answer is not what this tool understands
class admin_client {
public:
  /// Fails: validation (no usable address), not_found (the token's file).
  static result<admin_client> make(const server_access& access);
  admin_client(admin_client&&) noexcept;
  ~admin_client();

  /// The `data` of the answer.
  result<nlohmann::json> get(const std::string& path);
  result<nlohmann::json> change(std::string_view method, const std::string& path,
                                const nlohmann::json& body, elsewhere when_silent = elsewhere::ask);
  /// The whole answer: `data` and what stands beside it.
  result<nlohmann::json> get_page(const std::string& path);
  /// Any status is an answer. Fails: unavailable, outcome_unknown.
  result<http_answer> ask(std::string_view method, const std::string& path,
                          const std::string& body = {}, elsewhere when_silent = elsewhere::ask);
  /// From this very address, not from those of the options.
  result<http_answer> ask_at(const std::string& url, const std::string& path);

  const std::vector<std::string>& urls() const;

private:
  struct connection;
  explicit admin_client(std::unique_ptr<connection> c);
  std::unique_ptr<connection> connection_;
};

/// Any text as one part of a path or a query.
std::string url_escaped(std::string_view text);

}  // namespace taskdriver::tdctl
