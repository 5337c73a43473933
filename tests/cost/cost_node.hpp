// A whole node without sockets in one process: requests go in as bytes and come out as bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace taskdriver::cost {

inline constexpr std::string_view admin_token = "admin-token-of-the-cost-measurement";

/// Parser, API, actors, domain, log and state are the real ones; only the kernel's part of a
/// request is missing. Thread: one. Owns: a data directory of its own below `parent`, removed at
/// the end. Fails: aborts; this is a measurement.
class cost_node {
public:
  explicit cost_node(const std::string& parent);
  ~cost_node();

  /// Sends all requests at once, as that many clients would, and gives their answers' bodies in
  /// the same order. Aborts unless every status is 2xx.
  std::vector<std::string> ask(const std::vector<std::string>& requests);
  std::string ask_one(const std::string& request) { return std::move(ask({request}).front()); }

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace taskdriver::cost
