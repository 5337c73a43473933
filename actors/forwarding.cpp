// The drawing of forwarding.hpp, one function per arrow.
#include "actors/forwarding.hpp"

#include <algorithm>
#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <utility>

#include "actors/request_routes.hpp"

namespace taskdriver::actors {
namespace {

/// A hand-over takes some 80 ms, a failover up to 3 s: the first tries come soon, and ten thousand
/// polls that wait for a new primary cost no more than some routing table look-ups each.
constexpr std::int64_t first_pause_ms = 25;
constexpr int pause_doublings_max = 4;
/// How soon a node that holds a poll hears that its client has hung up (A16).
constexpr std::int64_t look_at_clients_ms = 250;

journey& trip_of(traveller& what) {
  return std::visit([](auto& t) -> journey& { return t.trip; }, what);
}

bool is_poll(const traveller& what) {
  const auto* r = std::get_if<routed_request>(&what);
  return r && wait_s_of(r->request->what) > 0;
}

bool client_is_gone(const traveller& what) {
  const auto* r = std::get_if<routed_request>(&what);
  return r && r->request->gone();
}

/// Orders and statuses may be repeated, see project_order and status_changed.
bool may_be_repeated(const traveller& what) {
  const auto* r = std::get_if<routed_request>(&what);
  return !r || repeat_is_harmless(r->request->what);
}

void answer_with(traveller& what, const error_info& why) {
  if (auto* r = std::get_if<routed_request>(&what)) return r->request->respond(why);
  if (auto* o = std::get_if<project_order>(&what)) return o->reply->give(why);
  if (auto& s = std::get<status_changed>(what); s.reply) s.reply->give(why);
}

bool superseded(const status_changed& s) {
  return s.line && s.line->newest != s.place;
}

void answer_no_task(const routed_request& r) {
  const auto& next = std::get<domain::next_task>(std::get<domain::command>(r.request->what));
  // Where the body names no agent the path always does.
  r.request->respond(domain::reply{domain::no_task{next.agent}});
}

}  // namespace

void forwarding::line_up(status_changed& s) {
  if (s.visiting || s.line) return;
  if (lines_.size() >= prune_at_) {
    std::erase_if(lines_, [](const auto& line) { return line.second.expired(); });
    prune_at_ = std::max(lines_min, 2 * lines_.size());
  }
  auto& line = lines_[s.number];
  s.line = line.lock();
  if (!s.line) line = s.line = std::make_shared<status_line>();
  s.place = ++s.line->newest;
}

std::size_t forwarding::statuses() const {
  return static_cast<std::size_t>(std::count_if(
      lines_.begin(), lines_.end(), [](const auto& line) { return !line.second.expired(); }));
}

void forwarding::send(const cluster::node_name& to, traveller what) {
  auto question = question_for(what);
  if (!node_.peers || question.empty())
    return answer_with(what, {.code = errc::unavailable,
                              .text = "Another node serves this, and it cannot be asked",
                              .retry_after_s = 1});
  start_patience(what);
  const auto now = node_.now().steady_ms;
  const auto timeout = std::max<std::int64_t>(1, trip_of(what).expires_ms - now);
  const auto number = ++last_number_;
  polls_under_way_ += is_poll(what);
  auto& s = under_way_.emplace(number, sent{std::move(what), to}).first->second;
  // The network may keep the function for long, and must not keep the actor.
  const auto back = caf::actor_cast<caf::actor_addr>(&gateway_);
  s.ask = node_.peers->ask(to, std::move(question), timeout, [back, number](result<std::string> a) {
    if (const auto gateway = caf::actor_cast<caf::actor>(back))
      caf::anon_send(gateway, peer_answered{number, std::move(a)});
  });
  arm_timer();
  show_sizes();
}

/// From the first time that something cannot be served here. A poll may be under way for as long
/// as it may wait, and then some.
void forwarding::start_patience(traveller& what) {
  auto& trip = trip_of(what);
  if (trip.expires_ms != 0) return;
  const auto now = node_.now().steady_ms;
  auto waits_until = now;
  if (const auto* r = std::get_if<routed_request>(&what))
    waits_until = r->deadline_ms != 0 ? std::max(now, r->deadline_ms)
                                      : now + std::int64_t{wait_s_of(r->request->what)} * 1000;
  trip.expires_ms = waits_until + node_.settings.patience_ms;
}

std::string forwarding::question_for(const traveller& what) const {
  if (const auto* r = std::get_if<routed_request>(&what))
    return question_of(*r, node_.now().steady_ms);
  if (const auto* o = std::get_if<project_order>(&what))
    return encode_question(order_question{o->number, o->what});
  const auto& s = std::get<status_changed>(what);
  return encode_question(status_question{s.number, s.status});
}

void forwarding::wait(traveller what) {
  start_patience(what);
  auto& trip = trip_of(what);
  const auto now = node_.now().steady_ms;
  if (client_is_gone(what)) return;
  if (now >= trip.expires_ms) return give_up(std::move(what));
  const auto pause = first_pause_ms << std::min(trip.tries++, pause_doublings_max);
  trip.retry_at_ms = std::min(now + pause, trip.expires_ms);
  node_.counts.count_retry();
  waiting_.push_back(std::move(what));
  arm_timer();
  show_sizes();
}

void forwarding::give_up(traveller what) {
  node_.counts.count_abandoned();
  const bool in_doubt = trip_of(what).in_doubt;
  if (auto* s = std::get_if<status_changed>(&what)) {
    // One that no client waits for is told until it arrives, or until its project is elsewhere.
    const auto at = node_.replicas.locate(s->number).at;
    if (!s->reply && at == cluster::shard_location::place::here) {
      s->trip = {};
      return wait(std::move(what));
    }
    if (!s->reply) return;
  }
  answer_with(what, {.code = in_doubt ? errc::outcome_unknown : errc::unavailable,
                     .text = in_doubt ? "The node that serves this went away; whether the request "
                                        "was carried out is unknown"
                                      : "No node serves this at the moment",
                     .retry_after_s = 1});
}

// --- answers ------------------------------------------------------------------------------------

std::optional<traveller> forwarding::answered(peer_answered a) {
  const auto found = under_way_.find(a.number);
  if (found == under_way_.end()) return std::nullopt;  // cancelled, released
  auto s = std::move(found->second);
  under_way_.erase(found);
  polls_under_way_ -= is_poll(s.what);
  show_sizes();
  return take(std::move(s), std::move(a.bytes));
}

std::optional<traveller> forwarding::returned(peer_returned a) {
  return take({.what = std::move(a.asked), .to = std::move(a.from)}, std::move(a.bytes));
}

std::optional<traveller> forwarding::take(sent s, result<std::string> bytes) {
  if (bytes) return take_answer(std::move(s), *bytes);
  take_error(std::move(s), bytes.error());
  return std::nullopt;
}

void forwarding::take_error(sent s, const error_info& why) {
  switch (why.code) {
    case errc::unavailable:
      node_.counts.count_forwarded(forward_outcome::not_sent);
      return wait(std::move(s.what));
    case errc::not_primary:
      node_.counts.count_forwarded(forward_outcome::moved);
      return wait(std::move(s.what));
    case errc::outcome_unknown:
      node_.counts.count_forwarded(forward_outcome::unknown);
      if (!may_be_repeated(s.what)) return answer_with(s.what, why);
      trip_of(s.what).in_doubt = true;
      return wait(std::move(s.what));
    default:
      node_.counts.count_forwarded(forward_outcome::answered);
      return answer_with(s.what, why);
  }
}

std::optional<traveller> forwarding::take_answer(sent s, std::string_view bytes) {
  auto decoded = decode_answer(bytes);
  if (!decoded) {
    answer_with(s.what, {.code = errc::internal, .text = decoded.error().text});
    return std::nullopt;
  }
  if (auto* r = std::get_if<routed_request>(&s.what)) {
    if (auto* on = std::get_if<moved_answer>(&*decoded)) {
      node_.counts.count_forwarded(forward_outcome::moved);
      return moved(std::move(*r), std::move(on->route));
    }
    if (auto* visited = std::get_if<visit_answer>(&*decoded)) {
      node_.counts.count_forwarded(forward_outcome::answered);
      give_visit_answer(*r, std::move(*visited), std::move(s.to));
      return std::nullopt;
    }
  }
  node_.counts.count_forwarded(forward_outcome::answered);
  if (auto* o = std::get_if<project_order>(&s.what))
    if (auto* ordered = std::get_if<order_answer>(&*decoded)) {
      o->reply->give(std::move(ordered->what));
      return std::nullopt;
    }
  if (auto* status = std::get_if<status_changed>(&s.what))
    if (std::holds_alternative<done_answer>(*decoded)) {
      if (status->reply) status->reply->give(domain::reply{});
      return std::nullopt;
    }
  answer_with(s.what, {.code = errc::internal, .text = "An answer to another question"});
  return std::nullopt;
}

/// Further on its way: routed again at once. Told nothing new, both nodes will know better soon.
std::optional<traveller> forwarding::moved(routed_request r, request_route route) {
  const auto before = next_stop(r);
  const bool was_verified = r.verified;
  follow(r, std::move(route), node_.now().steady_ms);
  if (next_stop(r) != before || r.verified != was_verified) return r;
  wait(std::move(r));
  return std::nullopt;
}

// --- time ---------------------------------------------------------------------------------------

void forwarding::arm_timer() {
  if (waiting_.empty() && polls_under_way_ == 0) return;
  if (std::exchange(timer_armed_, true)) return;
  const auto pause = waiting_.empty() ? look_at_clients_ms : first_pause_ms;
  gateway_.delayed_send(&gateway_, std::chrono::milliseconds(pause), travel_timer{});
}

std::vector<traveller> forwarding::due() {
  timer_armed_ = false;
  cancel_abandoned();
  const auto now = node_.now().steady_ms;
  std::vector<traveller> ready;
  for (auto& what : std::exchange(waiting_, {})) {
    if (trip_of(what).retry_at_ms > now) {
      waiting_.push_back(std::move(what));
    } else if (auto* s = std::get_if<status_changed>(&what); s && superseded(*s)) {
      if (s->reply) s->reply->give(domain::reply{});
    } else if (!client_is_gone(what)) {
      ready.push_back(std::move(what));
    }
  }
  arm_timer();
  show_sizes();
  return ready;
}

/// The other node skips a cancelled poll, so that its task goes to the next one who waits. Looking
/// at some thousand clients takes less than a millisecond.
void forwarding::cancel_abandoned() {
  if (polls_under_way_ == 0) return;
  std::erase_if(under_way_, [this](const auto& entry) {
    const sent& s = entry.second;
    if (!is_poll(s.what) || !client_is_gone(s.what)) return false;
    node_.peers->cancel(s.ask);
    --polls_under_way_;
    node_.counts.count_cancelled();
    return true;
  });
}

void forwarding::release_polls() {
  std::erase_if(under_way_, [this](const auto& entry) {
    const sent& s = entry.second;
    if (!is_poll(s.what)) return false;
    node_.peers->cancel(s.ask);
    answer_no_task(std::get<routed_request>(s.what));
    --polls_under_way_;
    return true;
  });
  std::erase_if(waiting_, [](const traveller& what) {
    if (!is_poll(what)) return false;
    answer_no_task(std::get<routed_request>(what));
    return true;
  });
  show_sizes();
}

void forwarding::clear() {
  under_way_.clear();
  waiting_.clear();
  polls_under_way_ = 0;
  show_sizes();
}

void forwarding::show_sizes() {
  node_.counts.show_forwarding(under_way_.size(), waiting_.size());
}

}  // namespace taskdriver::actors
