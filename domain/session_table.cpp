// Two maps in step: tokens for every request, agents for logins.
#include "domain/session_table.hpp"

#include <algorithm>

namespace taskdriver::domain {

void session_table::put(const session& record) {
  remove(record.token);
  by_token_.emplace(record.token, record);
  by_agent_.emplace(record.agent, record.token);
}

void session_table::remove(const token_hash& token) {
  const auto found = by_token_.find(token);
  if (found == by_token_.end()) return;
  auto [at, end] = by_agent_.equal_range(found->second.agent);
  for (; at != end; ++at)
    if (at->second == token) {
      by_agent_.erase(at);
      break;
    }
  by_token_.erase(found);
}

const session* session_table::find(const token_hash& token, std::int64_t wall_ms) const {
  const auto found = by_token_.find(token);
  if (found == by_token_.end() || found->second.expires_ms <= wall_ms) return nullptr;
  return &found->second;
}

const session* session_table::use(const token_hash& token, std::int64_t wall_ms) {
  const auto found = by_token_.find(token);
  if (found == by_token_.end() || found->second.expires_ms <= wall_ms) return nullptr;
  found->second.last_activity_ms = wall_ms;
  return &found->second;
}

std::vector<session> session_table::of_agent(const std::string& agent) const {
  std::vector<session> sessions;
  for (auto [at, end] = by_agent_.equal_range(agent); at != end; ++at)
    sessions.push_back(by_token_.at(at->second));
  std::sort(sessions.begin(), sessions.end(),
            [](const session& a, const session& b) { return a.incarnation < b.incarnation; });
  return sessions;
}

std::vector<session> session_table::expired(std::int64_t wall_ms) const {
  std::vector<session> sessions;
  for (const auto& [_, record] : by_token_)
    if (record.expires_ms <= wall_ms) sessions.push_back(record);
  return sessions;
}

}  // namespace taskdriver::domain
