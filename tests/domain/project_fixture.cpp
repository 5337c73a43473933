// Runs decisions against the in-memory store and recounts it after each.
#include "tests/domain/project_fixture.hpp"

namespace taskdriver::domain {

given_project::given_project() : state(project_state::load(number, store)) {
  accepted<project_view>(
      create_project{.id = object_id::make(number, sequence{0}, 1), .name = "fleet"});
}

decision given_project::run(const command& what, const caller& who) {
  auto d = decide(state, what, who, now);
  commit(d.what);
  return d;
}

decision given_project::run_expire() {
  auto d = expire(state, now);
  commit(d.what);
  return d;
}

decision given_project::run_catch_up() {
  auto d = catch_up_duplicates(state, now);
  commit(d.what);
  return d;
}

void given_project::commit(changes what) {
  if (what.empty()) return;
  const auto ticket = state.next_ticket() - 1;
  if (hold_back)
    held.emplace_back(ticket, std::move(what));
  else
    apply(ticket, what);
}

void given_project::apply(std::uint64_t ticket, const changes& what) {
  store.apply(number, what);
  state.applied(ticket);
  for (const auto& difference : store.recount(number)) BOOST_ERROR("recount: " << difference);
}

void given_project::let_through(std::size_t count) {
  for (; count > 0 && !held.empty(); --count) {
    apply(held.front().first, held.front().second);
    held.pop_front();
  }
}

decision given_project::restart() {
  held.clear();
  hold_back = false;
  state = project_state::load(number, store);
  auto d = restart_leases(state, now);
  commit(d.what);
  return d;
}

reply given_project::answer_of(decision d) {
  if (!d.answer.ok()) BOOST_FAIL("refused: " << d.answer.error().text);
  return std::move(d.answer).value();
}

error_info given_project::refused(const command& what, const caller& who) {
  const auto counters = state.counters();
  const auto leases = state.leases().size();
  const auto sessions = state.sessions().size();
  const auto ticket = state.next_ticket();
  const auto stored = store.records(number);
  const auto d = run(what, who);
  if (d.answer.ok()) BOOST_FAIL("the command was not refused");
  BOOST_TEST(d.what.empty());
  BOOST_TEST(d.ended_sessions.empty());
  BOOST_TEST((state.counters() == counters));
  BOOST_TEST(state.leases().size() == leases);
  BOOST_TEST(state.sessions().size() == sessions);
  BOOST_TEST(state.next_ticket() == ticket);
  BOOST_TEST((store.records(number) == stored));
  return d.answer.error();
}

object_id given_project::given_type(create_type what) {
  what.random = ++random_;
  return accepted<type_view>(what).record.id;
}

object_id given_project::given_task(const object_id& type, const std::string& instructions) {
  const new_task task{.random = ++random_, .type_id = type, .instructions = instructions};
  return accepted<created_task>(create_task{task}).task.spec->id;
}

claim_view given_project::claim(const std::string& agent) {
  return accepted<claim_view>(next_task{.agent = agent, .token = fresh_token()});
}

bool given_project::nothing_for(const std::string& agent) {
  const auto d = run(next_task{.agent = agent, .token = fresh_token()});
  return d.answer.ok() && std::holds_alternative<no_task>(d.answer.value());
}

lease_token given_project::fresh_token() {
  lease_token token{};
  token[0] = static_cast<std::uint8_t>(++random_ >> 8);
  token[1] = static_cast<std::uint8_t>(random_);
  return token;
}

void given_project::pass(std::int64_t ms) {
  now.steady_ms += ms;
  now.wall_ms += ms;
}

std::vector<std::string> fields_of(const error_info& error) {
  BOOST_TEST((error.code == errc::validation));
  std::vector<std::string> fields;
  for (const auto& field : error.fields) fields.push_back(field.field);
  return fields;
}

}  // namespace taskdriver::domain
