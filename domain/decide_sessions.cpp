// Decisions about sessions: login with its three flavours, logout, extension (A3).
#include <algorithm>

#include "domain/decide_parts.hpp"

namespace taskdriver::domain {
namespace {

error_info no_session() {
  return {.code = errc::not_found, .text = "The admin token has no session"};
}

void end_session(decision_context& c, const session& ended) {
  c.tx.record(delete_session{ended.token});
  c.ended_sessions.push_back(ended);
}

/// Ends what the login replaces; `kept` of the newest ones stay.
void end_older(decision_context& c, const std::vector<session>& earlier, std::size_t kept) {
  const auto ended = earlier.size() > kept ? earlier.size() - kept : 0;
  for (std::size_t i = 0; i < ended; ++i) end_session(c, earlier[i]);
}

}  // namespace

result<reply> decide_on(decision_context& c, const login& what) {
  auto earlier = c.state().sessions().of_agent(what.agent);
  if (c.state().sessions().size() >= limits::sessions_per_project_max)
    return error_info{
        .code = errc::unavailable, .text = "Project has too many sessions", .retry_after_s = 60};
  const auto now = c.tx.now().wall_ms;
  session record{.token = what.token,
                 .id = what.session_id,
                 .agent = what.agent,
                 .incarnation = earlier.empty() ? 1 : earlier.back().incarnation + 1,
                 .created_ms = now,
                 .expires_ms = now + what.lifetime_ms,
                 .last_activity_ms = now};
  const auto newest = earlier.empty() ? nullptr : &earlier.back();
  if (what.resume_existing && newest && newest->expires_ms > now) {
    record.id = newest->id;
    record.created_ms = newest->created_ms;
    end_session(c, *newest);
    earlier.pop_back();
  }
  end_older(c, earlier, what.allow_multiple ? limits::sessions_per_agent_max - 1 : 0);
  c.tx.record(put_session{record});
  ++c.counts.logins;
  return reply{login_view{std::move(record), c.state().record().id}};
}

result<reply> decide_on(decision_context& c, const logout&) {
  if (!c.who.with) return no_session();
  end_session(c, *c.who.with);
  return reply{done_view{"Logged out"}};
}

result<reply> decide_on(decision_context& c, const get_session&) {
  if (!c.who.with) return no_session();
  return reply{session_view{*c.who.with, c.state().record().id}};
}

result<reply> decide_on(decision_context& c, const extend_session& what) {
  if (!c.who.with) return no_session();
  auto record = *c.who.with;
  const auto now = c.tx.now().wall_ms;
  // The end moves on by what was asked, at most to a week from now; it never moves back.
  const auto latest = now + limits::session_ahead_s_max * 1000;
  record.expires_ms =
      std::max(record.expires_ms, std::min(record.expires_ms + what.extend_ms, latest));
  c.tx.record(put_session{record});
  return reply{session_view{std::move(record), c.state().record().id}};
}

}  // namespace taskdriver::domain
