// Chooses commands so that most are close to allowed: most of the tasks named are held by somebody.
#include "tests/domain/random_history.hpp"

namespace taskdriver::domain {
namespace {

const caller admin{.admin = true, .with = {}, .home = {}};

void add(decision_counts& sum, const decision_counts& more) {
  sum.created += more.created;
  sum.claims += more.claims;
  sum.resumes += more.resumes;
  sum.completions += more.completions;
  sum.failures += more.failures;
  sum.retries += more.retries;
  sum.expirations += more.expirations;
}

}  // namespace

random_history::random_history(const history_options& options)
    : random_(options.seed),
      bounds_(options.bounds),
      on_commit_(options.on_commit),
      state_(project_state::load(number, store_, options.bounds)),
      plain_(given_type("plain", duplicate_handling::allow)),
      unique_(given_type("unique", duplicate_handling::fail)),
      model_(retries_max, lease_ms, unique_),
      committed_(model_) {}

object_id random_history::given_type(const std::string& name, duplicate_handling duplicates) {
  const auto run = [&](const command& what) {
    auto d = decide(state_, what, admin, now_);
    store(d.what);
    state_.applied(state_.next_ticket() - 1);
    return std::move(d.answer).value();
  };
  // Asked for again, the project of the same id is the same project.
  run(create_project{.id = object_id::make(number, sequence{0}, 1), .name = "random"});
  const auto created = run(create_type{.name = name,
                                       .duplicates = duplicates,
                                       .max_retries = retries_max,
                                       .lease_s = lease_ms / 1000});
  return std::get<type_view>(created).record.id;
}

std::string random_history::step() {
  if (one_in(3)) move_clocks();
  if (one_in(3)) catch_up();
  for (auto n = one_in(2) ? below(4) : 0; n > 0; --n) commit_oldest();
  std::string wrong;
  if (one_in(60))
    wrong = crash();
  else if (one_in(15))
    wrong = judge_expiry();
  else
    wrong = do_command(any_command());
  if (wrong.empty()) wrong = model_.compare_leases(state_);
  if (wrong.empty() && one_in(10)) wrong = model_.compare_tasks(state_);
  if (wrong.empty() && one_in(40)) wrong = settle();
  return wrong;
}

std::string random_history::settle() {
  while (!pending_.empty()) commit_oldest();
  for (const auto& difference : store_.recount(number)) return "recount: " + difference;
  auto wrong = model_.compare_leases(state_);
  return wrong.empty() ? model_.compare_tasks(state_) : wrong;
}

std::string random_history::do_command(const command& what) {
  // Which would be refused otherwise, unlike in the model.
  while (std::holds_alternative<create_task>(what) && !state_.types_behind().empty()) catch_up();
  auto d = decide(state_, what, admin, now_);
  auto wrong = model_.follow(what, d.answer, now_);
  if (!wrong.empty()) return "command " + std::to_string(what.index()) + ": " + wrong;
  if (!d.answer.ok() && d.counts.expirations == 0 && !d.what.empty())
    return "a refusal changed something";
  hold(std::move(d));
  return "";
}

void random_history::catch_up() {
  if (state_.types_behind().empty()) return;
  hold(catch_up_duplicates(state_, now_));
  ++catch_ups_;
}

std::string random_history::judge_expiry() {
  model_.expire(now_);
  hold(expire(state_, now_));
  return "";
}

/// Another node, with other clocks, goes on from what was committed.
std::string random_history::crash() {
  pending_.clear();
  model_ = committed_;
  now_.steady_ms = static_cast<std::int64_t>(below(1'000'000'000));
  now_.wall_ms += static_cast<std::int64_t>(below(20'000)) - 10'000;
  state_ = project_state::load(number, store_, bounds_);
  model_.restart_leases(now_);
  hold(restart_leases(state_, now_));
  ++crashes_;
  return model_.compare_tasks(state_);
}

void random_history::move_clocks() {
  now_.steady_ms += static_cast<std::int64_t>(one_in(8) ? below(2 * lease_ms) : below(500));
  now_.wall_ms += one_in(20) ? static_cast<std::int64_t>(below(7'200'000)) - 3'600'000 : 250;
}

void random_history::hold(decision d) {
  add(counts_, d.counts);
  if (d.what.empty()) return;
  pending_.push_back({state_.next_ticket() - 1, std::move(d.what), model_});
}

void random_history::store(const changes& what) {
  store_.apply(number, what);
  if (on_commit_) on_commit_(what);
}

void random_history::commit_oldest() {
  if (pending_.empty()) return;
  const auto& oldest = pending_.front();
  store(oldest.what);
  state_.applied(oldest.ticket);
  committed_ = oldest.after;
  pending_.pop_front();
}

command random_history::any_command() {
  const auto task = any_task();
  const auto agent = any_agent(task);
  switch (below(21)) {
    default:
      return any_creation();
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
      return next_task{.agent = any_agent({}), .token = new_token()};
    case 11:
    case 12:
    case 13:
      return complete_task{
          .id = task, .agent = agent, .proof = any_proof(task), .result = std::to_string(below(2))};
    case 14:
    case 15:
      return fail_task{.id = task,
                       .agent = agent,
                       .proof = any_proof(task),
                       .error = "no",
                       .can_retry = !one_in(4)};
    case 16:
      return extend_lease{.id = task,
                          .agent = agent,
                          .proof = any_proof(task),
                          .extension_ms = 1 + static_cast<std::int64_t>(below(lease_ms))};
    case 17:
      return remove_task{task};
    case 18:
      return update_task{.id = task, .instructions = any_instructions()};
    case 20:
      return update_type{
          .id = unique_,
          .duplicates = one_in(3) ? duplicate_handling::allow : duplicate_handling::fail};
    case 19:
      // Rarely closed, soon open again.
      return update_project{.status = one_in(4) ? project_status::closed : project_status::active};
  }
}

/// Few enough that duplicates are common.
std::string random_history::any_instructions() {
  return "work " + std::to_string(below(8));
}

create_task random_history::any_creation() {
  const auto random = random_();
  const auto type = one_in(2) ? plain_ : unique_;
  return {{.random = random, .type_id = type, .instructions = any_instructions()}};
}

object_id random_history::any_task() {
  const auto leases = state_.leases().all();
  if (!leases.empty() && !one_in(3)) {
    const auto task = leases[below(leases.size())]->record.task;
    return state_.spec(task)->id;
  }
  if (model_.ids().empty() || one_in(20)) return object_id::make(number, sequence{1}, 0);
  return model_.ids()[below(model_.ids().size())];
}

/// Mostly the holder, if there is one.
std::string random_history::any_agent(const object_id& task) {
  const auto* held = state_.leases().of_task(task.seq());
  if (held && !one_in(4)) return held->record.agent;
  return "agent-" + std::to_string(below(5));
}

lease_proof random_history::any_proof(const object_id& id) {
  const auto* held = state_.leases().of_task(id.seq());
  if (!held || one_in(2)) return {};
  if (one_in(4)) return {.token = new_token(), .epoch = {}};
  return {.token = held->record.token, .epoch = held->record.epoch - (one_in(5) ? 1 : 0)};
}

lease_token random_history::new_token() {
  lease_token token{};
  for (auto& byte : token) byte = static_cast<std::uint8_t>(random_());
  return token;
}

}  // namespace taskdriver::domain
