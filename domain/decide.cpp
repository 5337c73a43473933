// Runs one command through its part of decide_parts.hpp; what is due expires first.
#include "domain/decide.hpp"

#include "base/check.hpp"
#include "domain/decide_parts.hpp"
#include "domain/duplicate_index.hpp"
#include "domain/task_moves.hpp"

namespace taskdriver::domain {
namespace {

/// Where no task is running, the index is not scanned: millions of its entries may have been
/// deleted and not been compacted away yet.
std::vector<lease> stored_leases(const project_state& state) {
  if (state.counters().running == 0) return {};
  return state.source().load_leases(state.number());
}

void expire_sessions(decision_context& c) {
  for (const auto& ended : c.state().sessions().expired(c.tx.now().wall_ms)) {
    c.tx.record(delete_session{ended.token});
    c.ended_sessions.push_back(ended);
  }
}

/// Runs `body` in a transaction and packs up what it did.
template <class Body>
decision run(project_state& state, const caller& who, instant now, Body&& body) {
  transaction tx(state, now);
  decision d{.answer = reply{done_view{}}, .what = {}, .counts = {}, .ended_sessions = {}};
  decision_context c{tx, who, d.counts, d.ended_sessions};
  d.answer = body(c);
  d.what = tx.finish();
  return d;
}

}  // namespace

decision decide(project_state& state, const command& what, const caller& who, instant now) {
  return run(state, who, now, [&](decision_context& c) -> result<reply> {
    // cleanup_leases expires and counts by itself; with a project its leases go anyway, and their
    // expiry would leave counters behind.
    const bool expire_first = !std::holds_alternative<cleanup_leases>(what) &&
                              !std::holds_alternative<remove_project>(what);
    if (state.exists() && expire_first) expire_leases(c);
    if (!state.exists() && !std::holds_alternative<create_project>(what))
      return not_found("Project");
    return std::visit([&](const auto& command) { return decide_on(c, command); }, what);
  });
}

decision expire(project_state& state, instant now) {
  const caller nobody;
  return run(state, nobody, now, [&](decision_context& c) -> result<reply> {
    expire_leases(c);
    expire_sessions(c);
    return reply{done_view{}};
  });
}

decision catch_up_duplicates(project_state& state, instant now) {
  const caller nobody;
  return run(state, nobody, now, [&](decision_context& c) -> result<reply> {
    if (!state.types_behind().empty()) catch_up(c.tx, *state.types_behind().begin());
    return reply{done_view{}};
  });
}

decision restart_leases(project_state& state, instant now) {
  const caller nobody;
  return run(state, nobody, now, [&](decision_context& c) -> result<reply> {
    for (const auto& held : stored_leases(state)) {
      const auto progress = state.progress(held.task);
      TASKDRIVER_CHECK(progress && progress->status == task_status::running,
                       "a stored lease belongs to a running task");
      restart_lease(c.tx, held, *progress, held.duration_ms);
    }
    return reply{done_view{}};
  });
}

void restart_leases_unrecorded(project_state& state, instant now) {
  for (const auto& held : stored_leases(state)) state.apply(put_lease{held}, now);
}

error_info not_found(std::string_view what) {
  return {.code = errc::not_found, .text = std::string(what) + " not found"};
}

error_info validation_error(std::vector<field_error> fields) {
  auto text = "Validation failed: " + fields.front().field + ": " + fields.front().message;
  return {.code = errc::validation, .text = std::move(text), .fields = std::move(fields)};
}

error_info project_is_closed() {
  return {.code = errc::wrong_state, .text = "Project is closed"};
}

project_view view_of(const project_state& state, const project_counters& counters) {
  return {state.record(), counters};
}

task_view view_of(const project_state& state, spec_ptr spec, progress_ptr progress) {
  auto attempts = has_earlier_attempts(*progress)
                      ? state.attempts(spec->id.seq(), progress->lease_epoch)
                      : std::vector<attempt>{};
  return {state.record().id, std::move(spec), std::move(progress), std::move(attempts)};
}

}  // namespace taskdriver::domain
