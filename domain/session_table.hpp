// The sessions of one project, by token and by agent. Never reads a clock.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/records.hpp"

namespace taskdriver::domain {

/// Thread: one owner (project_state). A returned pointer ends with the next non-const call.
class session_table {
public:
  void put(const session& record);
  void remove(const token_hash& token);

  /// The session of this token if it is valid at `wall_ms`.
  const session* find(const token_hash& token, std::int64_t wall_ms) const;
  /// The same, and remembers when the session was last used; in memory only.
  const session* use(const token_hash& token, std::int64_t wall_ms);

  /// The agent's sessions, oldest incarnation first, also expired ones.
  std::vector<session> of_agent(const std::string& agent) const;
  std::vector<session> expired(std::int64_t wall_ms) const;
  std::size_t size() const { return by_token_.size(); }

private:
  std::map<token_hash, session> by_token_;
  std::multimap<std::string, token_hash> by_agent_;
};

}  // namespace taskdriver::domain
