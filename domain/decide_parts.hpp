// The parts of decide(), one per group of commands; only decide.cpp and these files include it.
#pragma once

#include "domain/decide.hpp"

namespace taskdriver::domain {

/// What every part gets: where to record, who asks, and what to count.
struct decision_context {
  transaction& tx;
  const caller& who;
  decision_counts& counts;
  std::vector<session>& ended_sessions;

  project_state& state() const { return tx.state(); }
};

result<reply> decide_on(decision_context& c, const create_project& what);
result<reply> decide_on(decision_context& c, const update_project& what);
result<reply> decide_on(decision_context& c, const remove_project& what);
result<reply> decide_on(decision_context& c, const get_project& what);
result<reply> decide_on(decision_context& c, const get_stats& what);

result<reply> decide_on(decision_context& c, const create_type& what);
result<reply> decide_on(decision_context& c, const update_type& what);
result<reply> decide_on(decision_context& c, const remove_type& what);
result<reply> decide_on(decision_context& c, const get_type& what);
result<reply> decide_on(decision_context& c, const list_types& what);

result<reply> decide_on(decision_context& c, const create_task& what);
result<reply> decide_on(decision_context& c, const create_tasks& what);
result<reply> decide_on(decision_context& c, const update_task& what);
result<reply> decide_on(decision_context& c, const remove_task& what);
result<reply> decide_on(decision_context& c, const get_task& what);
result<reply> decide_on(decision_context& c, const list_tasks& what);

result<reply> decide_on(decision_context& c, const next_task& what);
result<reply> decide_on(decision_context& c, const complete_task& what);
result<reply> decide_on(decision_context& c, const fail_task& what);
result<reply> decide_on(decision_context& c, const extend_lease& what);
result<reply> decide_on(decision_context& c, const cleanup_leases& what);
result<reply> decide_on(decision_context& c, const peek_next_task& what);
result<reply> decide_on(decision_context& c, const list_agents& what);

result<reply> decide_on(decision_context& c, const login& what);
result<reply> decide_on(decision_context& c, const logout& what);
result<reply> decide_on(decision_context& c, const get_session& what);
result<reply> decide_on(decision_context& c, const extend_session& what);

/// Tasks whose lease was due, and how many agents held them.
struct expired_leases {
  std::uint64_t tasks = 0;
  std::uint64_t agents = 0;
};
expired_leases expire_leases(decision_context& c);

// Errors and views that several parts give.
error_info not_found(std::string_view what);
error_info validation_error(std::vector<field_error> fields);
error_info project_is_closed();
project_view view_of(const project_state& state, const project_counters& counters);
task_view view_of(const project_state& state, spec_ptr spec, progress_ptr progress);

}  // namespace taskdriver::domain
