// Routing by destination; the table of project actors.
#include "actors/gateway_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "actors/creation_admission.hpp"
#include "actors/directory_actor.hpp"
#include "actors/forwarding.hpp"
#include "actors/loaded_projects.hpp"
#include "actors/local_messages.hpp"
#include "actors/project_actor.hpp"
#include "actors/reader_actor.hpp"
#include "actors/request_routes.hpp"
#include "base/log.hpp"

namespace taskdriver::actors {
namespace {

using place = cluster::shard_location::place;

/// Tells the gateway which shards this node serves. Thread: any.
class leadership_to_gateway final : public cluster::leadership_observer {
public:
  explicit leadership_to_gateway(caf::actor_addr gateway) : gateway_(std::move(gateway)) {}
  void began(shard_id shard) override { tell(shard_began{shard}); }
  void ended(shard_id shard) override { tell(shard_ended{shard}); }

private:
  /// The replicas may outlive the gateway, and must not keep it.
  template <class Message>
  void tell(const Message& what) {
    if (const auto gateway = caf::actor_cast<caf::actor>(gateway_)) caf::anon_send(gateway, what);
  }
  caf::actor_addr gateway_;
};

class gateway_actor final : public caf::event_based_actor {
public:
  gateway_actor(caf::actor_config& cfg, const node_context& node)
      : event_based_actor(cfg),
        node_(node),
        projects_(node.settings.loaded_projects_max, node.doors),
        forwarding_(*this, node),
        creations_(*this, node) {}

  caf::behavior make_behavior() override {
    reader_ = spawn_reader_actor(*this, node_);
    set_down_handler([this](caf::down_msg& down) { forget(down); });
    node_.replicas.observe_leadership(
        std::make_shared<leadership_to_gateway>(caf::actor_cast<caf::actor_addr>(this)));
    return {
        [this](routed_request& r) { route(std::move(r)); },
        [this](project_order& o) { dispatch(std::move(o)); },
        [this](status_changed& s) {
          forwarding_.line_up(s);
          dispatch(std::move(s));
        },
        [this](unserved& u) { look_elsewhere(std::move(u.what)); },
        [this](peer_answered& a) { go_on(forwarding_.answered(std::move(a))); },
        [this](peer_returned& a) { go_on(forwarding_.returned(std::move(a))); },
        [this](const travel_timer&) { retry_travellers(); },
        [this](const room_freed& f) { admit_waiting(f.bytes); },
        [this](const admission_timer&) { creations_.end_overdue(); },
        [this](const load_project& l) { load(l.number); },
        [this](const project_idle& p) { let_go(p.number); },
        [this](const project_lost& p) {
          let_go(p.number);
          load_later(p.number);
        },
        [this](const project_busy& p) { keep_busy(p.number); },
        [this](const project_free& p) { list_free(p.number); },
        [this](const shard_began& s) { begin(s.shard); },
        [this](const shard_ended& s) { end(s.shard); },
        [this](const retry_timer&) { restart_directory(); },
        [this](const release_polls& r) { release(r); },
    };
  }

  void on_exit() override {
    projects_.for_each([this](project_number, const caf::actor& actor) { stop(actor); });
    if (directory_) stop(directory_);
    stop(reader_);
    projects_.clear();
    directory_ = {};
    reader_ = {};
    forwarding_.clear();
    creations_.clear();
  }

private:
  void stop(const caf::actor& actor) { send_exit(actor, caf::exit_reason::user_shutdown); }

  bool serves(project_number number) const {
    return node_.replicas.locate(number).at == place::here;
  }

  // --- shards that begin and end ----------------------------------------------------------------

  /// Running leases need their timers from the start (P6); other projects wait for a request.
  /// Whether there are any is asked of the counters: a scan would pass all that were deleted
  /// lately.
  void begin(shard_id shard) {
    if (raw(shard) == 0 && serves(directory_number)) directory();
    const auto& records = node_.replicas.records();
    for (const auto number : records.projects_in(shard))
      if (number != directory_number && serves(number) && records.load_counters(number).running > 0)
        project(number);
  }

  /// Their streams have heard it before, but who was only loading has none yet. Those of other
  /// shards that are not served at the moment still have to hear what became of their proposals.
  void end(shard_id shard) {
    const auto concerns = [&](project_number number) {
      return node_.replicas.home_shard(number) == shard && !serves(number);
    };
    projects_.for_each([&](project_number number, const caf::actor& actor) {
      if (concerns(number)) send(actor, shard_lost{});
    });
    if (directory_ && concerns(directory_number)) send(directory_, shard_lost{});
  }

  const caf::actor& directory() {
    if (!directory_) directory_ = spawn_directory_actor(*this, node_);
    return directory_;
  }

  /// It finishes what a crash left behind, so it runs even if nobody asks.
  void restart_directory() {
    if (serves(directory_number)) directory();
  }

  void load(project_number number) {
    if (serves(number)) project(number);
  }

  caf::actor project(project_number number) {
    if (const auto* loaded = projects_.use(number)) return *loaded;
    const auto actor = projects_.add(
        number,
        spawn_project_actor(*this, node_, number, {caf::actor_cast<caf::actor>(this), reader_}));
    if (releasing_) send(actor, release_polls{});
    ask_surplus();
    return actor;
  }

  // --- routing ----------------------------------------------------------------------------------

  void route(routed_request r) {
    if (let_in(r)) dispatch(std::move(r));
  }

  /// To the owner of the project, or of the directory, on whichever node it is.
  template <class Traveller>
  void dispatch(Traveller t) {
    const auto number = next_stop(t);
    auto at = node_.replicas.locate(number);
    if (at.at == place::here) return hand_over(number, std::move(t));
    leave_room(t);
    if (goes_back(t)) return;
    if (at.at == place::elsewhere) return forwarding_.send(at.node, std::move(t));
    forwarding_.wait(std::move(t));
  }

  template <class Traveller>
  void hand_over(project_number number, Traveller t) {
    if (!may_enter(t)) return;
    send(number == directory_number ? directory() : project(number), std::move(t));
  }

  // --- large creations --------------------------------------------------------------------------

  bool may_enter(routed_request& r) { return creations_.admit(r); }
  bool may_enter(const auto&) { return true; }

  /// Only what is under way on this node takes its room.
  void leave_room(routed_request& r) { r.request->room.reset(); }
  void leave_room(const auto&) {}

  void admit_waiting(std::size_t freed_bytes) {
    for (auto& r : creations_.freed(freed_bytes)) dispatch(std::move(r));
  }

  // --- what is served elsewhere -----------------------------------------------------------------

  /// What came from another node is not passed on: that node looks for its place again.
  bool goes_back(routed_request& r) { return r.request->give_back(r); }
  template <class Internal>
  bool goes_back(Internal& t) {
    if (t.visiting && t.reply)
      t.reply->give(error_info{.code = errc::not_primary, .text = "Served by another node"});
    return t.visiting;
  }

  /// This node does not serve it, whatever its table says: that will change in a moment.
  void look_elsewhere(traveller what) {
    std::visit([this](auto& t) { leave_room(t); }, what);
    if (!std::visit([this](auto& t) { return goes_back(t); }, what))
      forwarding_.wait(std::move(what));
  }

  void go_on(std::optional<traveller> what) {
    if (!what) return;
    if (auto* r = std::get_if<routed_request>(&*what)) return route(std::move(*r));
    std::visit([this](auto& t) { dispatch(std::move(t)); }, *what);
  }

  void retry_travellers() {
    for (auto& what : forwarding_.due()) go_on(std::move(what));
  }

  // --- projects that come and go ----------------------------------------------------------------

  /// Everything for the old actor is in its mailbox before project_may_end; what comes later starts
  /// a new one.
  void let_go(project_number number) {
    const auto sender = caf::actor_cast<caf::actor>(current_sender());
    if (projects_.remove(number, sender)) send(sender, project_may_end{});
  }

  void ask_surplus() {
    for (const auto& actor : projects_.surplus()) send(actor, leave_memory{});
  }

  /// In its place the next one is asked.
  void keep_busy(project_number number) {
    projects_.stays(number, caf::actor_cast<caf::actor>(current_sender()));
    ask_surplus();
  }

  void list_free(project_number number) {
    projects_.may_leave(number, caf::actor_cast<caf::actor>(current_sender()));
    ask_surplus();
  }

  void load_later(project_number number) {
    delayed_send(this, std::chrono::milliseconds(node_.settings.retry_ms), load_project{number});
  }

  void forget(const caf::down_msg& down) {
    const auto project = forget_project(down.source);
    if (down.reason && down.reason != caf::exit_reason::user_shutdown)
      log_event(log_level::error, "actor died",
                {{"actor", project == project_number{} ? "directory" : "project"},
                 {"project", raw(project)},
                 {"reason", system().render(down.reason)}});
    if (directory_ != down.source) return;
    directory_ = {};
    delayed_send(this, std::chrono::milliseconds(node_.settings.retry_ms), retry_timer{});
  }

  /// A project that ended without saying so may have leases that need their timers (P6): it is
  /// loaded anew even if nobody asks, but not in a tight loop.
  /// Number 0 if it was none.
  project_number forget_project(const caf::actor_addr& ended) {
    const auto number = projects_.ended(ended);
    if (number) load_later(*number);
    return number.value_or(project_number{});
  }

  void release(const release_polls& r) {
    releasing_ = true;
    projects_.for_each([&](project_number, const caf::actor& actor) { send(actor, r); });
    forwarding_.release_polls();
  }

  const node_context& node_;
  caf::actor directory_;
  caf::actor reader_;
  loaded_projects projects_;
  forwarding forwarding_;
  creation_admission creations_;
  bool releasing_ = false;
};

}  // namespace

caf::actor spawn_gateway_actor(caf::actor_system& system, const node_context& node) {
  return system.spawn<gateway_actor>(node);
}

}  // namespace taskdriver::actors
