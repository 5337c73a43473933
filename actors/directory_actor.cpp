// Creation, deletion, lookup and lists; domain/directory.hpp decides, this drives the steps.
#include "actors/directory_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "actors/local_messages.hpp"
#include "actors/project_list.hpp"
#include "actors/request_routes.hpp"
#include "actors/stream_to_actor.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "domain/access.hpp"
#include "domain/directory.hpp"

namespace taskdriver::actors {
namespace {

/// The retry takes it up again: it may be done or undone later.
error_info unfinished(const answer& refused) {
  return {.code = errc::outcome_unknown, .text = refused.error().text, .retry_after_s = 1};
}

error_info no_project() {
  return {.code = errc::not_found, .text = "Project not found"};
}

class directory_actor final : public caf::event_based_actor {
public:
  directory_actor(caf::actor_config& cfg, caf::actor gateway, const node_context& node)
      : event_based_actor(cfg), node_(node), gateway_(std::move(gateway)) {}

  caf::behavior make_behavior() override {
    open_stream();
    return {
        [this](routed_request& r) { take(std::move(r)); },
        [this](status_changed& s) { publish_status(std::move(s)); },
        [this](project_answer& a) { answered(std::move(a)); },
        [this](const changes_committed& c) { committed(c); },
        [this](const changes_applied& a) { applied(a); },
        [this](const changes_lost& l) { lost(l); },
        [this](const retry_timer&) { finish_unfinished(); },
        [this](const overdue_timer&) { end_overdue(); },
        [this](const shard_lost&) { leave(); },
    };
  }

  void on_exit() override {
    stream_.reset();
    early_.clear();
    early_statuses_.clear();
    after_commit_.clear();
    orders_.clear();
    gateway_ = {};
  }

private:
  using step = std::function<void()>;
  using answer_step = std::function<void(answer)>;

  // --- life -----------------------------------------------------------------------------------

  void open_stream() {
    auto observer =
        std::make_shared<stream_to_actor>(caf::actor_cast<caf::actor>(this), ++stream_number_);
    stream_ = node_.replicas.open_stream(directory_number, std::move(observer));
  }

  void load() {
    directory_ = domain::directory::load(node_.replicas.records());
    for (const auto& entry : directory_->unfinished()) defer_undoing(entry.id.project());
    // After a refusal the timer does it: while the disk is full, trying at once would go round.
    if (stream_number_ == 1)
      finish_unfinished();
    else
      arm_retry();
    for (auto& r : std::exchange(early_, {})) take(std::move(r));
    for (auto& s : std::exchange(early_statuses_, {})) publish_status(std::move(s));
  }

  /// Memory is ahead of what will be committed: it is loaded anew, and requests and orders under
  /// way are answered 503 as they are destroyed.
  void reload() {
    directory_.reset();
    after_commit_.clear();
    orders_.clear();
    busy_.clear();
    last_ticket_ = committed_ticket_ = 0;
    open_stream();
  }

  /// Proposes and goes on with `next` once it is committed.
  void commit(const domain::changes& what, step next) {
    if (what.empty()) {
      after_commit_.emplace_back(last_ticket_, std::move(next));
      return run_committed();
    }
    if (!stream_->propose(++last_ticket_, what)) return reload();
    after_commit_.emplace_back(last_ticket_, std::move(next));
    arm_overdue();
  }

  void arm_overdue() {
    if (std::exchange(overdue_armed_, true)) return;
    waits_from_ms_ = node_.now().steady_ms;
    delayed_send(this, std::chrono::seconds(1), overdue_timer{});
  }

  /// Cut off from the other replicas and from the register, this node does not hear that it lost
  /// shard 0: nobody is kept waiting for that, and the memory is loaded anew when it is over.
  void end_overdue() {
    overdue_armed_ = false;
    const auto now = node_.now().steady_ms;
    if (may_answer() || (early_.empty() && after_commit_.empty())) return;
    for (auto& r : std::exchange(early_, {})) look_elsewhere(std::move(r));
    for (auto& s : std::exchange(early_statuses_, {})) look_elsewhere(std::move(s));
    if (!after_commit_.empty() && now - waits_from_ms_ >= node_.settings.patience_ms)
      return reload();
    overdue_armed_ = true;
    delayed_send(this, std::chrono::seconds(1), overdue_timer{});
  }

  void committed(const changes_committed& c) {
    if (c.stream != stream_number_) return;
    committed_ticket_ = c.ticket;
    run_committed();
  }

  /// Its records are all in memory: only the first one matters.
  void applied(const changes_applied& a) {
    if (a.stream == stream_number_ && !directory_) load();
  }

  void run_committed() {
    while (!after_commit_.empty() && after_commit_.front().first <= committed_ticket_) {
      auto next = std::move(after_commit_.front().second);
      after_commit_.pop_front();
      next();
    }
  }

  void lost(const changes_lost& l) {
    if (l.stream != stream_number_) return;
    log_event(log_level::warn, "changes of the directory refused", {{"reason", l.why.text}});
    // Lost before it began, it would go round: the gateway starts it anew in a while.
    const bool served =
        node_.replicas.locate(directory_number).at == cluster::shard_location::place::here;
    if (!served || !directory_) return leave();
    reload();
  }

  /// The directory is served by another node, or will be started anew: what was not begun goes
  /// there. What is in between is taken up there, too; its clients are told that they cannot know.
  void leave() {
    for (auto& r : std::exchange(early_, {})) look_elsewhere(std::move(r));
    for (auto& s : std::exchange(early_statuses_, {})) look_elsewhere(std::move(s));
    quit(caf::exit_reason::user_shutdown);
  }

  void look_elsewhere(traveller what) { send(gateway_, unserved{std::move(what)}); }

  bool may_answer() const {
    return node_.replicas.may_answer(directory_number, node_.now().steady_ms).ok();
  }

  // --- orders to projects ---------------------------------------------------------------------

  void order(project_number number, domain::command what, answer_step next) {
    orders_.emplace(++last_order_, std::move(next));
    auto reply = std::make_shared<order_reply>(
        [me = caf::actor_cast<caf::actor>(this), number_of_order = last_order_](answer a) {
          caf::anon_send(me, project_answer{number_of_order, std::move(a)});
        });
    send(gateway_, project_order{number, std::move(what), std::move(reply)});
  }

  void answered(project_answer a) {
    const auto found = orders_.find(a.order);
    if (found == orders_.end()) return;
    auto next = std::move(found->second);
    orders_.erase(found);
    next(std::move(a.what));
  }

  // --- requests -------------------------------------------------------------------------------

  void take(routed_request r) {
    if (!directory_) return arm_overdue(), early_.push_back(std::move(r));
    if (!may_answer()) return look_elsewhere(std::move(r));
    if (r.let_by) return take_removal(std::move(r));
    if (std::holds_alternative<domain::list_projects>(r.request->what)) {
      if (auto allowed = domain::authorize_directory(r.who); !allowed)
        return r.request->respond(allowed.error());
      return list_projects(std::move(r));
    }
    const auto& what = std::get<domain::command>(r.request->what);
    if (const auto* create = std::get_if<domain::create_project>(&what)) {
      if (auto allowed = domain::authorize_directory(r.who); !allowed)
        return r.request->respond(allowed.error());
      return create_project(*create, r.request);
    }
    resolve(std::move(r));
  }

  /// A name becomes a number; the project then checks the rest.
  void resolve(routed_request r) {
    const auto& named = std::get<to_named_project>(r.request->to);
    const auto* entry = directory_->find(named.ref);
    if (!entry) return r.request->respond(no_project());
    r.request->to = to_project{entry->id.project(), entry->id};
    send(gateway_, std::move(r));
  }

  void create_project(domain::create_project what, request_ptr request) {
    if (auto writable = node_.replicas.accepts_proposals(); !writable)
      return request->respond(writable.error());
    auto reserved = directory_->reserve(what.name, random_u64());
    if (!reserved) return respond_later(std::move(request), reserved.error());
    what.id = reserved->entry.id;
    const auto number = what.id.project();
    busy_.insert(number);
    commit(reserved->what, [this, what, number, request] {
      order(number, what, [this, number, request](answer a) {
        busy_.erase(number);
        if (!a) {
          defer_undoing(number);
          return request->respond(unfinished(a));
        }
        commit(directory_->activate(number), [request, a] { request->respond(a); });
      });
    });
    arm_retry();
  }

  void take_removal(routed_request r) {
    if (auto writable = node_.replicas.accepts_proposals(); !writable)
      return r.request->respond(writable.error());
    const auto number = std::get<to_project>(r.request->to).number;
    remove_project(number, std::move(r.request));
  }

  void remove_project(project_number number, request_ptr request) {
    const auto* entry = directory_->find(number);
    if (!entry || entry->state != domain::directory_state::active)
      return respond_later(std::move(request), no_project());
    busy_.insert(number);
    commit(directory_->begin_delete(number), [this, number, request] {
      order(number, domain::remove_project{}, [this, number, request](answer a) {
        busy_.erase(number);
        if (!a && a.error().code != errc::not_found) return request->respond(unfinished(a));
        commit(directory_->forget(number), [request] {
          request->respond(domain::reply{domain::done_view{"Project deleted"}});
        });
      });
    });
    arm_retry();
  }

  void publish_status(status_changed s) {
    if (!directory_) return early_statuses_.push_back(std::move(s));
    if (!may_answer()) return look_elsewhere(std::move(s));
    commit(directory_->set_status(s.number, s.status), [reply = std::move(s.reply)] {
      if (reply) reply->give(domain::reply{});
    });
  }

  void list_projects(routed_request r) {
    const auto page = directory_->list(std::get<domain::list_projects>(r.request->what));
    auto list = std::make_shared<project_list>(
        std::move(r), page, [gateway = gateway_](routed_request unfinished) {
          caf::anon_send(gateway, unserved{std::move(unfinished)});
        });
    if (page.entries.empty()) return list->finish();
    for (std::size_t i = 0; i < page.entries.size(); ++i)
      order(page.entries[i].id.project(), domain::get_project{},
            [list, i](answer a) { list->add(i, std::move(a)); });
  }

  /// An error may tell of a change that is still being committed ("name taken"): it waits for that.
  void respond_later(request_ptr request, error_info why) {
    commit({}, [request = std::move(request), why] { request->respond(why); });
  }

  // --- what a crash or an error left behind ---------------------------------------------------

  void arm_retry() {
    if (std::exchange(retry_armed_, true)) return;
    delayed_send(this, std::chrono::milliseconds(node_.settings.retry_ms), retry_timer{});
  }

  void finish_unfinished() {
    retry_armed_ = false;
    if (!directory_) return arm_retry();
    const auto entries = directory_->unfinished();
    if (!entries.empty()) arm_retry();
    if (!node_.replicas.accepts_proposals()) return;
    for (const auto& entry : entries)
      if (busy_.insert(entry.id.project()).second) finish(entry);
  }

  void finish(const domain::directory_entry& entry) {
    const auto number = entry.id.project();
    if (entry.state == domain::directory_state::deleting) {
      return order(number, domain::remove_project{}, [this, number](answer a) {
        busy_.erase(number);
        if (a || a.error().code == errc::not_found) commit(directory_->forget(number), [] {});
      });
    }
    order(number, domain::get_project{}, [this, number](answer a) {
      busy_.erase(number);
      if (a)
        commit(directory_->activate(number), [] {});
      else if (a.error().code == errc::not_found && may_be_undone(number))
        commit(directory_->forget(number), [] {});
    });
  }

  /// An order to create it, from here or from the node that served the directory before, may still
  /// be on its way: until its time is over the project may yet come to be.
  void defer_undoing(project_number number) {
    if (node_.peers)
      undone_from_ms_[number] = node_.now().steady_ms + 2 * node_.settings.patience_ms;
  }
  bool may_be_undone(project_number number) {
    const auto found = undone_from_ms_.find(number);
    if (found == undone_from_ms_.end()) return true;
    if (node_.now().steady_ms < found->second) return false;
    undone_from_ms_.erase(found);
    return true;
  }

  const node_context& node_;
  caf::actor gateway_;
  std::unique_ptr<cluster::proposal_stream> stream_;
  std::uint64_t stream_number_ = 0;             // of stream_; messages of earlier ones are void
  std::optional<domain::directory> directory_;  // empty while loading
  std::vector<routed_request> early_;
  std::vector<status_changed> early_statuses_;

  std::uint64_t last_ticket_ = 0;
  std::uint64_t committed_ticket_ = 0;
  std::deque<std::pair<std::uint64_t, step>> after_commit_;

  std::map<std::uint64_t, answer_step> orders_;
  std::uint64_t last_order_ = 0;
  std::map<project_number, std::int64_t> undone_from_ms_;
  std::set<project_number> busy_;  // creations and deletions under way
  bool retry_armed_ = false;
  bool overdue_armed_ = false;
  std::int64_t waits_from_ms_ = 0;  // steady; of the oldest that may be overdue
};

}  // namespace

caf::actor spawn_directory_actor(caf::local_actor& gateway, const node_context& node) {
  return gateway.spawn<directory_actor, caf::monitored>(caf::actor_cast<caf::actor>(&gateway),
                                                        node);
}

}  // namespace taskdriver::actors
