// Handlers of a project's messages; what they decide is decided in domain/.
#include "actors/project_actor.hpp"

#include <algorithm>
#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <chrono>
#include <optional>

#include "actors/answer_delivery.hpp"
#include "actors/answer_queue.hpp"
#include "actors/local_messages.hpp"
#include "actors/project_access.hpp"
#include "actors/request_routes.hpp"
#include "actors/stream_to_actor.hpp"
#include "actors/timers.hpp"
#include "actors/waiting_agents.hpp"
#include "base/log.hpp"
#include "domain/access.hpp"
#include "domain/decide.hpp"

namespace taskdriver::actors {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds one_second{1000};
constexpr std::int64_t timer_ms_max = 3'600'000;

class project_actor final : public caf::event_based_actor {
public:
  project_actor(caf::actor_config& cfg, const node_context& node, project_number number,
                project_peers peers)
      : event_based_actor(cfg),
        node_(node),
        number_(number),
        peers_(std::move(peers)),
        agents_(*this, node) {}

  caf::behavior make_behavior() override {
    stream_ = node_.replicas.open_stream(
        number_, std::make_shared<stream_to_project>(caf::actor_cast<caf::actor>(this), number_,
                                                     node_.lent));
    return {
        [this](routed_request& r) { take(std::move(r)), tell_if_free(); },
        [this](project_order& o) { take_order(std::move(o)), tell_if_free(); },
        [this](const changes_committed& c) { committed(c.ticket), tell_if_free(); },
        [this](const changes_applied& a) { applied(a.ticket), tell_if_free(); },
        [this](const changes_lost& l) { lost(l.why); },
        [this](poll_ready& p) { agents_.came_back(std::move(p)), serve_woken(); },
        [this](const poll_absent& p) { forget_poll(p.arrival), serve_woken(); },
        [this](const release_polls& r) { agents_.release(r.project_deleted); },
        [this](const leave_memory&) { leave_if_free(); },
        [this](const project_may_end&) { lost_ ? end_lost() : begin_end(); },
        [this](const shard_lost&) { lost(served_elsewhere()); },
    };
  }

  /// Also after an exception: whatever still waits here is answered 503 as it is destroyed.
  void on_exit() override {
    stream_.reset();
    answers_ = lists_ = {};
    early_.clear();
    early_orders_.clear();
    agents_.clear();
    peers_ = {};
    slot_.reset();
    state_.reset();
    if (std::exchange(counted_, false)) node_.counts.count_loaded(-1);
  }

private:
  // --- loading and ending ---------------------------------------------------------------------

  void load() {
    state_ = domain::project_state::load(number_, node_.replicas.records());
    last_use_ms_ = node_.now().steady_ms;
    if (!std::exchange(counted_, true)) node_.counts.count_loaded(+1);
    state_->limit_recent(node_.recent_share());
    if (state_->exists()) begin_service();
    for (auto& r : std::exchange(early_, {})) take(std::move(r));
    for (auto& o : std::exchange(early_orders_, {})) take_order(std::move(o));
    if (!state_->exists()) check_idle();
  }

  void begin_service() {
    send(peers_.gateway, status_changed{number_, state_->record().status, nullptr});
    restart_leases();
    arm_catch_up();
    const auto reaper = std::chrono::minutes(state_->record().config.reaper_interval_minutes);
    after_time(*this, reaper, [this] { sweep(); });
    look_again_when_idle();
  }

  void look_again_when_idle() {
    after_time(*this, milliseconds(node_.settings.project_idle_ms), [this] { check_idle(); });
  }

  void restart_leases() {
    if (node_.replicas.accepts_proposals())
      (void)settle(domain::restart_leases(*state_, node_.now()));
    else
      domain::restart_leases_unrecorded(*state_, node_.now());
    arm_lease_timer();
  }

  void check_idle() {
    if (goes()) return;
    const bool unused =
        node_.now().steady_ms - last_use_ms_ >= node_.settings.project_idle_ms || !state_->exists();
    if (unused && may_leave())
      leave_idle();
    else if (state_->exists())
      look_again_when_idle();
  }

  /// On its way out, whatever the reason.
  bool goes() const { return broken_ || leaving_ || ending_; }

  bool may_leave() const {
    return state_ && nothing_waits() && agents_.size() == 0 && state_->leases().size() == 0 &&
           state_->types_behind().empty();
  }

  void leave_idle() {
    leaving_ = true;
    send(peers_.gateway, project_idle{number_});
  }

  /// Too many are loaded, and this one was used least recently.
  void leave_if_free() {
    if (goes()) return;
    if (may_leave()) return leave_idle();
    told_busy_ = true;
    send(peers_.gateway, project_busy{number_});
  }

  void tell_if_free() {
    if (!told_busy_ || goes() || !may_leave()) return;
    told_busy_ = false;
    send(peers_.gateway, project_free{number_});
  }

  void begin_end() {
    ending_ = true;
    agents_.release(false);
    end_if_settled();
  }

  /// Leaves once nothing is in flight. If a lease was granted meanwhile, the project is loaded anew
  /// at once, so that the lease has a timer.
  void end_if_settled() {
    if (!ending_ || !nothing_waits()) return;
    if (state_->leases().size() > 0) send(peers_.gateway, load_project{number_});
    quit();
  }

  // --- requests -------------------------------------------------------------------------------

  void take(routed_request r) {
    if (lost_) return look_elsewhere(std::move(r));
    if (leaving_ || ending_) return send(peers_.gateway, std::move(r));
    if (broken_) return r.request->respond(being_reloaded());
    if (!state_) return arm_overdue(), early_.push_back(std::move(r));
    // Here, since the gateway may open the door later than this is loaded.
    if (!door_knows_) door_knows_ = node_.doors.loaded(number_);
    if (!may_answer()) return look_elsewhere(std::move(r));
    if (!r.verified && !verify_session(r, *state_, node_.now().wall_ms)) return;
    if (is_for_another(r, number_)) return pass_on(std::move(r));
    const auto& what = std::get<domain::command>(r.request->what);
    if (auto allowed = domain::authorize(r.who, what, number_); !allowed)
      return r.request->respond(allowed.error());
    if (!names_project(r.request->to, *state_))
      return r.request->respond(error_info{.code = errc::not_found, .text = "Project not found"});
    if (std::holds_alternative<domain::remove_project>(what)) {
      r.let_by = true;
      return send(peers_.gateway, std::move(r));
    }
    carry_out(std::move(r));
  }

  /// Before every decision, and for every answer from memory (P7). The clock is read here, after
  /// the request was taken from the mailbox, where it may have lain for long.
  bool may_answer() {
    last_use_ms_ = node_.now().steady_ms;
    return node_.replicas.may_answer(number_, last_use_ms_).ok();
  }

  /// Nothing was decided: the gateway finds the node that may.
  void look_elsewhere(traveller what) { send(peers_.gateway, unserved{std::move(what)}); }

  /// To another project, where its owner allows that, or to the directory.
  void pass_on(routed_request r) {
    if (auto allowed = authorize_passing(r); !allowed) return r.request->respond(allowed.error());
    send(peers_.gateway, std::move(r));
  }

  void carry_out(routed_request r) {
    const auto& what = std::get<domain::command>(r.request->what);
    if (std::holds_alternative<domain::list_tasks>(what))
      return wait({.asked = std::move(r),
                   .what = domain::reply{},
                   .then = waiting_answer::on_commit::list_tasks,
                   .project = project_view()});
    const auto writable = node_.replicas.accepts_proposals();
    if (!writable && !domain::is_read(what)) return r.request->respond(writable.error());
    auto decided = domain::decide(*state_, what, r.who, decision_time());
    auto told = decided.answer;
    if (auto settled = settle(std::move(decided)); !settled)
      return not_proposed(std::move(r), settled.error());
    if (told && std::holds_alternative<domain::no_task>(*told) && park(r)) return;
    const auto then = then_for(what);
    const bool shows = then == waiting_answer::on_commit::publish_status;
    wait({.asked = std::move(r),
          .what = std::move(told),
          .then = then,
          .project = shows ? project_view() : std::nullopt});
    wake_polls();
  }

  void not_proposed(routed_request r, const error_info& why) {
    if (!may_answer() || why.code == errc::not_primary) return look_elsewhere(std::move(r));
    if (why.code == errc::outcome_unknown) return doubt(std::move(r), why);
    r.request->respond(being_reloaded());
  }

  /// Whether it was carried out is not known here; the answer says so, unless asking again helps.
  void doubt(routed_request r, const error_info& why) {
    if (!repeat_is_harmless(r.request->what)) return r.request->respond(why);
    r.trip.in_doubt = !domain::is_read(std::get<domain::command>(r.request->what));
    look_elsewhere(std::move(r));
  }

  std::optional<domain::project_view> project_view() const {
    if (!state_->exists()) return std::nullopt;
    return domain::project_view{state_->record(), state_->counters()};
  }

  static waiting_answer::on_commit then_for(const domain::command& what) {
    const auto* update = std::get_if<domain::update_project>(&what);
    return update && update->status ? waiting_answer::on_commit::publish_status
                                    : waiting_answer::on_commit::respond;
  }

  void take_order(project_order o) {
    if (lost_) return look_elsewhere(std::move(o));
    if (leaving_ || ending_) return send(peers_.gateway, std::move(o));
    if (broken_) return o.reply->give(being_reloaded());
    if (!state_) return early_orders_.push_back(std::move(o));
    if (!may_answer()) return look_elsewhere(std::move(o));
    const bool existed = state_->exists();
    const auto writable = node_.replicas.accepts_proposals();
    if (!writable && !domain::is_read(o.what)) return o.reply->give(writable.error());
    const domain::caller directory{.admin = true};
    auto decided = domain::decide(*state_, o.what, directory, decision_time());
    auto told = decided.answer;
    if (!settle(std::move(decided))) return o.reply->give(being_reloaded());
    if (!existed && state_->exists()) begin_service();
    if (!state_->exists()) agents_.release(true);
    wait({.what = std::move(told),
          .then = waiting_answer::on_commit::answer_order,
          .order = o.reply});
  }

  // --- deciding and answering -----------------------------------------------------------------

  /// While nothing can be written, time stands still for decisions: no lease runs out that could
  /// not be recorded as such, and reads go on.
  instant decision_time() {
    if (!decided_at_ || node_.replicas.accepts_proposals()) decided_at_ = node_.now();
    return *decided_at_;
  }

  /// Proposes what was decided. Refused, this actor ends once nothing is in flight.
  result<void> settle(domain::decision d) {
    node_.counts.add(d.counts);
    for (const auto& session : d.ended_sessions) agents_.end_session(session);
    if (!d.what.empty()) {
      last_ticket_ = state_->next_ticket() - 1;
      if (auto proposed = stream_->propose(last_ticket_, d.what); !proposed) {
        broken_ = true;
        if (answers_.empty()) leave();
        return proposed;
      }
    }
    after_decision();
    return {};
  }

  void after_decision() {
    if (!state_->exists()) return;
    arm_lease_timer();
    arm_catch_up();
    if (!slot_) slot_ = node_.counts.open_slot(state_->record().name);
    slot_->show(state_->counters(), state_->sessions().size());
    if (std::exchange(gauge_armed_, true)) return;
    after_time(*this, one_second, [this] { show_oldest(); });
  }

  void wait(waiting_answer a) {
    a.ticket = last_ticket_;
    a.since_ms = node_.now().steady_ms;
    answers_.push(std::move(a));
    release_answers();
    if (!answers_.empty()) arm_overdue();
  }

  void committed(std::uint64_t ticket) {
    if (lost_) return;
    committed_ticket_ = std::max(committed_ticket_, ticket);
    release_answers();
    arm_catch_up();
  }

  void applied(std::uint64_t ticket) {
    if (lost_) return;
    if (!state_) return load();
    applied_ticket_ = ticket;
    state_->applied(ticket);
    if (ticket > committed_ticket_) return committed(ticket);
    if (!lists_.empty()) release_answers();
  }

  void release_answers() {
    while (auto a = answers_.pop(committed_ticket_)) give(std::move(*a));
    while (auto a = lists_.pop(applied_ticket_)) give(std::move(*a));
    if (answers_.empty() && broken_) return leave();
    end_if_settled();
    if (nothing_waits() && !state_->exists() && !leaving_ && !ending_) check_idle();
  }

  /// A list is read from the store, which has to show all that was answered before.
  void give(waiting_answer a) {
    const bool list = a.then == waiting_answer::on_commit::list_tasks;
    if (list && a.ticket > applied_ticket_) {
      stream_->hasten();
      arm_overdue();
      return lists_.push(std::move(a));
    }
    deliver(*this, {peers_.gateway, peers_.reader, number_}, std::move(a));
  }

  bool nothing_waits() const { return answers_.empty() && lists_.empty(); }

  /// Nothing more of ours will be committed; what waits gets the reason, or is asked again. All
  /// that was committed is answered already: with not_primary nothing of what waits was done.
  void lost(const error_info& why) {
    if (lost_) return;
    log_event(why.code == errc::unavailable ? log_level::warn : log_level::info,
              "changes of a project refused", {{"project", raw(number_)}, {"reason", why.text}});
    for (auto& a : answers_.take_all()) give_up_on(std::move(a), why);
    if (ending_) send(peers_.gateway, load_project{number_});
    leave();
  }

  void give_up_on(waiting_answer a, const error_info& why) {
    if (a.order)
      a.order->give(why);
    else if (why.code == errc::not_primary)
      look_elsewhere(std::move(a.asked));
    else if (why.code == errc::outcome_unknown)
      doubt(std::move(a.asked), why);
    else
      a.asked.request->respond(why);
  }

  void arm_overdue() {
    if (std::exchange(overdue_armed_, true)) return;
    after_time(*this, one_second, [this] { end_overdue(); });
  }

  /// Cut off from the other replicas and from the register, this node does not hear that it lost
  /// the shard: who asked is not kept waiting for that. What was decided may still be committed.
  void end_overdue() {
    overdue_armed_ = false;
    if (lost_) return;
    const auto now = node_.now().steady_ms;
    if (!node_.replicas.may_answer(number_, now)) {
      for (auto& r : std::exchange(early_, {})) look_elsewhere(std::move(r));
      for (auto& o : std::exchange(early_orders_, {})) look_elsewhere(std::move(o));
      while (auto a = answers_.pop_older(now - node_.settings.patience_ms))
        give_up_on(std::move(*a), {.code = errc::outcome_unknown,
                                   .text = "Too few replicas could be reached in time",
                                   .retry_after_s = 1});
      while (auto a = lists_.pop_older(now - node_.settings.patience_ms))
        look_elsewhere(std::move(a->asked));
      if (answers_.empty() && broken_) return leave();
    }
    if (!early_.empty() || !nothing_waits()) arm_overdue();
  }

  /// The memory here is worthless: what waits goes back to be routed anew, first the polls. After
  /// the last of them the gateway lets go of this actor, and it ends; what comes before goes back.
  void leave() {
    broken_ = lost_ = true;
    for (auto& a : lists_.take_all()) look_elsewhere(std::move(a.asked));
    for (auto& r : std::exchange(early_, {})) look_elsewhere(std::move(r));
    for (auto& o : std::exchange(early_orders_, {})) look_elsewhere(std::move(o));
    agents_.give_back(peers_.gateway);
    end_if_alone();
  }

  void end_if_alone() {
    if (!lost_ || agents_.size() > 0) return;
    if (ending_) return end_lost();
    if (!std::exchange(parting_, true)) send(peers_.gateway, project_lost{number_});
  }

  /// Unlike a quit without reason, this ends the agents too, which are linked.
  void end_lost() { quit(caf::exit_reason::user_shutdown); }

  // --- leases, sessions, sizes ----------------------------------------------------------------

  /// `wait_ms` at least, while the disk takes no writes.
  void arm_lease_timer(std::int64_t wait_ms = 1) {
    const auto next = state_->leases().next_deadline_ms();
    if (!next || (timer_at_ms_ && *timer_at_ms_ <= *next)) return;
    timer_at_ms_ = *next;
    // A far deadline is looked at again: CAF's clock counts nanoseconds and would overflow.
    const auto in = std::clamp(*next - node_.now().steady_ms, wait_ms, timer_ms_max);
    after_time(*this, milliseconds(in), [this, number = ++timer_number_] { lease_time(number); });
  }

  void lease_time(std::uint64_t number) {
    if (number != timer_number_ || ending_ || broken_) return;
    timer_at_ms_.reset();
    expire();
  }

  void sweep() {
    if (goes() || !state_->exists()) return;
    expire();
    agents_.end_idle();
    const auto reaper = std::chrono::minutes(state_->record().config.reaper_interval_minutes);
    if (node_.now().steady_ms - last_use_ms_ >= milliseconds(reaper).count())
      state_->limit_recent(0);
    state_->limit_recent(node_.recent_share());
    after_time(*this, reaper, [this] { sweep(); });
  }

  void expire() {
    if (!node_.replicas.accepts_proposals()) return arm_lease_timer(1000);
    if (!settle(domain::expire(*state_, decision_time()))) return;
    wake_polls();
    tell_if_free();
  }

  void arm_catch_up() {
    if (!state_ || state_->types_behind().empty() || committed_ticket_ < catch_up_ticket_) return;
    if (std::exchange(catch_up_armed_, true)) return;
    const auto pause = node_.replicas.accepts_proposals() ? milliseconds(1) : one_second;
    after_time(*this, pause, [this] { catch_up(); });
  }

  /// A step for a type that was told to look for duplicates, once the step before is committed.
  void catch_up() {
    catch_up_armed_ = false;
    if (goes() || !state_->exists() || committed_ticket_ < catch_up_ticket_) return;
    if (!node_.replicas.accepts_proposals()) return arm_catch_up();
    if (!settle(domain::catch_up_duplicates(*state_, decision_time()))) return;
    catch_up_ticket_ = last_ticket_;
    tell_if_free();
  }

  void show_oldest() {
    gauge_armed_ = false;
    if (!state_->exists() || broken_) return;
    const auto front = state_->queue_front();
    const auto spec = front ? state_->spec(front->task) : nullptr;
    slot_->oldest_queued_ms = spec ? spec->created_ms : 0;
  }

  // --- long-polls -----------------------------------------------------------------------------

  /// Keeps a next-task that found nothing, if it may wait (longer).
  bool park(routed_request& r) {
    const auto& what = std::get<domain::next_task>(std::get<domain::command>(r.request->what));
    if (what.wait_s == 0 || agents_.released()) return false;
    if (agents_.size() >= domain::limits::parked_polls_max) return false;
    const auto now = node_.now().steady_ms;
    if (r.deadline_ms == 0) r.deadline_ms = now + std::int64_t{what.wait_s} * 1000;
    if (r.deadline_ms <= now || r.request->gone()) return false;
    park_at(agents_.next_arrival(), what.agent, std::move(r));
    return true;
  }

  void park_at(std::uint64_t arrival, const std::string& agent, routed_request r) {
    agents_.park(arrival, agent, std::move(r));
    slot_->parked_polls = agents_.size();
  }

  void wake_polls() {
    if (!state_->exists() || state_->record().status == domain::project_status::closed) return;
    agents_.wake(state_->counters().queued);
  }

  /// The disk takes no writes: the next in line is woken when it does.
  void wake_later() {
    if (std::exchange(wake_armed_, true)) return;
    after_time(*this, one_second, [this] { wake_time(); });
  }

  void wake_time() {
    wake_armed_ = false;
    if (broken_ || ending_ || !state_) return;
    if (node_.replicas.accepts_proposals())
      wake_polls();
    else
      wake_later();
  }

  void serve_woken() {
    while (auto p = agents_.next_to_try()) try_again_for(std::move(*p));
    tell_if_free();
  }

  /// A woken poll: claims, or goes back to its place in the line.
  void try_again_for(poll_ready p) {
    // Nobody else is woken for its task before it has had its try.
    leave_line(p.arrival);
    if (broken_ || !may_answer()) {
      look_elsewhere(std::move(p.poll));
      return end_if_alone();
    }
    if (ending_) return take(std::move(p.poll));
    auto& r = p.poll;
    if (r.request->gone()) return wake_polls();
    if (!r.who.admin && !verify_session(r, *state_, node_.now().wall_ms)) return wake_polls();
    const auto& command = std::get<domain::command>(r.request->what);
    if (auto writable = node_.replicas.accepts_proposals(); !writable) {
      wake_later();
      return r.request->respond(writable.error());
    }
    auto decided = domain::decide(*state_, command, r.who, decision_time());
    auto told = decided.answer;
    if (auto settled = settle(std::move(decided)); !settled)
      return not_proposed(std::move(r), settled.error());
    const bool none = told && std::holds_alternative<domain::no_task>(*told);
    if (none && !agents_.released() && r.deadline_ms > node_.now().steady_ms)
      return park_at(p.arrival, std::get<domain::next_task>(command).agent, std::move(r));
    wait({.asked = std::move(r), .what = std::move(told)});
    wake_polls();
  }

  void leave_line(std::uint64_t arrival) {
    agents_.leave(arrival);
    if (slot_) slot_->parked_polls = agents_.size();
  }

  void forget_poll(std::uint64_t arrival) {
    leave_line(arrival);
    if (lost_) return end_if_alone();
    if (broken_ || ending_ || !state_) return;
    if (!state_->exists()) return check_idle();
    wake_polls();
  }

  const node_context& node_;
  project_number number_;
  project_peers peers_;
  std::unique_ptr<cluster::proposal_stream> stream_;
  std::optional<domain::project_state> state_;  // empty while loading
  std::shared_ptr<project_slot> slot_;

  std::vector<routed_request> early_;
  std::vector<project_order> early_orders_;
  answer_queue answers_;
  answer_queue lists_;                  // committed, but not applied
  std::uint64_t last_ticket_ = 0;       // of the newest proposal
  std::uint64_t committed_ticket_ = 0;  // of the newest committed one
  std::uint64_t applied_ticket_ = 0;    // of the newest that the store shows
  bool broken_ = false;                 // memory is ahead of what will be committed
  bool lost_ = false;                   // and nothing is in flight: everything goes elsewhere
  bool parting_ = false;                // and the gateway is told
  bool leaving_ = false;  // told the gateway; what still comes goes back there, behind that
  bool ending_ = false;
  bool told_busy_ = false;   // asked to leave, it could not
  bool counted_ = false;     // in the number of loaded projects
  bool door_knows_ = false;  // that this is loaded
  std::int64_t last_use_ms_ = 0;
  std::optional<instant> decided_at_;

  waiting_agents agents_;

  std::optional<std::int64_t> timer_at_ms_;
  std::uint64_t timer_number_ = 0;
  bool gauge_armed_ = false;
  bool catch_up_armed_ = false;
  std::uint64_t catch_up_ticket_ = 0;
  bool overdue_armed_ = false;
  bool wake_armed_ = false;
};

}  // namespace

caf::actor spawn_project_actor(caf::local_actor& gateway, const node_context& node,
                               project_number number, project_peers peers) {
  return gateway.spawn<project_actor, caf::monitored>(node, number, std::move(peers));
}

}  // namespace taskdriver::actors
