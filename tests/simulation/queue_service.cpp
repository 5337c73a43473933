// Decisions on a simulated primary.
#include "tests/simulation/queue_service.hpp"

#include <cstring>

#include "tests/simulation/queue_workload.hpp"
#include "tests/simulation/violation.hpp"

namespace taskdriver::simulation {
namespace {

/// Few enough that the window of the queue's head runs empty now and then.
constexpr std::size_t queue_places_max = 5;
const domain::caller admin{.admin = true};

error_info try_again(errc why) {
  return {.code = why, .text = "try again"};
}

}  // namespace

// --- the state, on every replica ----------------------------------------------------------------

void queue_service::restore(const std::shared_ptr<const state_data>& data) {
  require(!state_, "a state is replaced while it is served from");
  records_ = data ? static_cast<const queue_state&>(*data).records : all_.first_records(host_);
}

void queue_service::apply(const cluster::entry& e) {
  records_.apply(all_.project_of(host_.shard()), all_.decided(*e.payload).what);
}

std::shared_ptr<const state_data> queue_service::snapshot() const {
  auto copy = std::make_shared<queue_state>();
  copy->records = records_;
  return copy;
}

// --- serving ------------------------------------------------------------------------------------

instant queue_service::now() const {
  const bool by_wall = all_.breaks(queue_mutant::leases_on_wall_clock);
  return {.steady_ms = by_wall ? host_.wall_ms() : host_.now_ms(), .wall_ms = host_.wall_ms()};
}

void queue_service::load() {
  broken_ = false;
  last_ticket_ = committed_ticket_ = 0;
  state_ = domain::project_state::load(all_.project_of(host_.shard()), records_,
                                       {.queue_places_max = queue_places_max});
  state_->limit_recent(all_.recent_bytes());
  memory_ = host_.applied_index();
  if (all_.breaks(queue_mutant::lease_not_restarted)) return;
  auto d = domain::restart_leases(*state_, now());
  propose(d);
}

void queue_service::forget() {
  state_.reset();
  under_way_.clear();
  unapplied_.clear();
  answers_.clear();
  loads_from_ = all_.breaks(queue_mutant::loads_before_applied) ? 0 : host_.committed_index();
}

void queue_service::ended() {
  leads_ = false;
  for (const auto& a : answers_) all_.answer(a.request, try_again(errc::outcome_unknown));
  forget();
}

void queue_service::settle() {
  if (leads_ && broken_ && under_way_.empty()) {
    forget();
    broken_ = false;
    host_.hasten();
  }
  if (leads_ && !state_ && known_state_ >= loads_from_ && host_.may_answer()) load();
  if (state_ && !broken_) expire();
}

/// As the timer of the earliest lease does.
void queue_service::expire() {
  const auto next = state_->leases().next_deadline_ms();
  if (!next || *next > now().steady_ms || !host_.may_answer()) return;
  auto d = domain::expire(*state_, now());
  propose(d);
}

void queue_service::request(const client_request& r) {
  // What fails the lease is refused before anything is looked at (P7).
  const bool may = host_.may_answer() || all_.breaks(queue_mutant::decides_without_lease);
  if (!leads_ || !may) return all_.answer(r, try_again(errc::not_primary));
  if (!state_ || broken_) return all_.answer(r, try_again(errc::unavailable));
  const auto* what = all_.command_of(r);
  if (!what) return;
  auto d = domain::decide(*state_, *what, admin, now());
  waiting_answer a{.request = r, .what = d.answer, .shown = memory_};
  const bool writes = !d.what.empty();
  if (!propose(d)) return all_.answer(r, try_again(errc::unavailable));
  if (writes) a.write = under_way_.back();
  a.ticket = all_.breaks(queue_mutant::answers_before_commit) ? 0 : last_ticket_;
  answers_.push_back(std::move(a));
  release();
}

bool queue_service::propose(domain::decision& d) {
  if (d.what.empty()) return true;
  last_ticket_ = state_->next_ticket() - 1;
  const auto epoch = all_.epoch_of(host_);
  const auto first = host_.propose({all_.keep(std::move(d.what))});
  if (!first) {
    broken_ = !all_.breaks(queue_mutant::goes_on_after_refusal);
    return false;
  }
  under_way_.push_back({.index = *first, .epoch = epoch, .ticket = last_ticket_});
  return true;
}

void queue_service::commits(const cluster::entry& e, bool first) {
  if (first) all_.committed(host_.shard(), all_.decided(*e.payload));
}

void queue_service::committed(std::uint64_t index) {
  for (; !under_way_.empty() && under_way_.front().index <= index; under_way_.pop_front()) {
    committed_ticket_ = under_way_.front().ticket;
    unapplied_.push_back(under_way_.front());
  }
  if (state_) memory_ = index;
  if (all_.breaks(queue_mutant::forgets_at_commit)) applied(index);
  release();
}

/// The store shows it now, so that memory need not.
void queue_service::applied(std::uint64_t index) {
  known_state_ = index;
  for (; !unapplied_.empty() && unapplied_.front().index <= index; unapplied_.pop_front())
    state_->applied(unapplied_.front().ticket);
}

void queue_service::release() {
  for (; !answers_.empty() && answers_.front().ticket <= committed_ticket_; answers_.pop_front())
    answer(answers_.front());
}

void queue_service::answer(const waiting_answer& a) {
  if (a.write)
    all_.acknowledged(host_, a.write->index, a.write->epoch);
  else
    all_.shown(host_, a.request, a.shown);
  all_.answer(a.request, a.what);
}

}  // namespace taskdriver::simulation
