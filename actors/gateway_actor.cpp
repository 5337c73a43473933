// Routing by destination; the table of project actors.
#include "actors/gateway_actor.hpp"

#include <algorithm>
#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <chrono>
#include <map>
#include <utility>

#include "actors/directory_actor.hpp"
#include "actors/local_messages.hpp"
#include "actors/project_actor.hpp"
#include "actors/reader_actor.hpp"
#include "base/log.hpp"
#include "domain/access.hpp"
#include "domain/directory.hpp"

namespace taskdriver::actors {
namespace {

bool is_login(const operation& what) {
  const auto* command = std::get_if<domain::command>(&what);
  return command && std::holds_alternative<domain::login>(*command);
}

class gateway_actor final : public caf::event_based_actor {
public:
  gateway_actor(caf::actor_config& cfg, const node_context& node)
      : event_based_actor(cfg), node_(node) {}

  caf::behavior make_behavior() override {
    reader_ = spawn_reader_actor(system(), node_);
    start_directory();
    start_projects_with_leases();
    set_down_handler([this](caf::down_msg& down) { forget(down); });
    return {
        [this](routed_request& r) { route(std::move(r)); },
        [this](project_order& o) { send(project(o.number), std::move(o)); },
        [this](const load_project& l) { project(l.number); },
        [this](project_removal& r) { send(directory_, std::move(r)); },
        [this](status_changed& s) { send(directory_, std::move(s)); },
        [this](const project_idle& p) { let_go(p.number); },
        [this](const release_polls& r) { release(r); },
    };
  }

  void on_exit() override {
    for (const auto& [_, actor] : projects_) stop(actor);
    stop(directory_);
    stop(reader_);
    projects_.clear();
    directory_ = {};
    reader_ = {};
  }

private:
  void stop(const caf::actor& actor) { send_exit(actor, caf::exit_reason::user_shutdown); }

  void start_directory() { directory_ = spawn_directory_actor(*this, node_); }

  /// Running leases need their timers from the start (P6); other projects wait for a request.
  void start_projects_with_leases() {
    const auto& records = node_.replicas.records();
    for (const auto number : domain::directory::load(records).all())
      if (!records.load_leases(number).empty()) project(number);
  }

  const caf::actor& project(project_number number) {
    auto& actor = projects_[number];
    if (actor) return actor;
    actor = spawn_project_actor(*this, node_, number, {caf::actor_cast<caf::actor>(this), reader_});
    if (releasing_) send(actor, release_polls{});
    return actor;
  }

  void route(routed_request r) {
    if (r.verified) return to_destination(std::move(r));
    const auto& from = r.request->from;
    if (std::holds_alternative<admin_credentials>(from)) {
      r.request->caller.authenticated = true;
      r.who.admin = r.verified = true;
      return to_destination(std::move(r));
    }
    // A login needs no session, and an old one that comes with it does not matter.
    if (is_login(r.request->what)) {
      r.verified = true;
      return to_destination(std::move(r));
    }
    if (const auto* session = std::get_if<session_credentials>(&from))
      return send(project(session->home), std::move(r));
    r.request->respond(domain::authorize_directory({}).error());
  }

  void to_destination(routed_request r) {
    if (const auto* to = std::get_if<to_project>(&r.request->to))
      return send(project(to->number), std::move(r));
    if (std::holds_alternative<to_home>(r.request->to))
      return r.request->respond(
          error_info{.code = errc::not_found, .text = "The admin token has no session"});
    send(directory_, std::move(r));
  }

  /// Everything for the old actor is in its mailbox before project_may_end; what comes later starts
  /// a new one.
  void let_go(project_number number) {
    const auto found = projects_.find(number);
    const auto sender = caf::actor_cast<caf::actor>(current_sender());
    if (found == projects_.end() || found->second != sender) return;
    projects_.erase(found);
    send(sender, project_may_end{});
  }

  void forget(const caf::down_msg& down) {
    const auto project = forget_project(down.source);
    if (down.reason && down.reason != caf::exit_reason::user_shutdown)
      log_event(log_level::error, "actor died",
                {{"actor", project == project_number{} ? "directory" : "project"},
                 {"project", raw(project)},
                 {"reason", system().render(down.reason)}});
    if (directory_ == down.source) start_directory();
  }

  /// A project that ended without saying so may have leases that need their timers (P6): it is
  /// loaded anew even if nobody asks, but not in a tight loop.
  /// Number 0 if it was none.
  project_number forget_project(const caf::actor_addr& ended) {
    const auto found = std::find_if(projects_.begin(), projects_.end(),
                                    [&](const auto& entry) { return entry.second == ended; });
    if (found == projects_.end()) return {};
    const auto number = found->first;
    delayed_send(this, std::chrono::milliseconds(node_.settings.retry_ms), load_project{number});
    projects_.erase(found);
    return number;
  }

  void release(const release_polls& r) {
    releasing_ = true;
    for (const auto& [_, actor] : projects_) send(actor, r);
  }

  const node_context& node_;
  caf::actor directory_;
  caf::actor reader_;
  std::map<project_number, caf::actor> projects_;
  bool releasing_ = false;
};

}  // namespace

caf::actor spawn_gateway_actor(caf::actor_system& system, const node_context& node) {
  return system.spawn<gateway_actor>(node);
}

}  // namespace taskdriver::actors
