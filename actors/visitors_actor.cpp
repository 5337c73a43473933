// One function per kind of question.
#include "actors/visitors_actor.hpp"

#include <caf/event_based_actor.hpp>
#include <exception>
#include <utility>

#include "actors/entrance.hpp"
#include "actors/peer_codec.hpp"
#include "actors/request_routes.hpp"
#include "actors/visiting_request.hpp"
#include "base/log.hpp"

namespace taskdriver::actors {
namespace {

using question_ptr = std::shared_ptr<cluster::incoming_request>;

/// The other node tries again after these, wherever they come from.
bool means_later(const answer& a) {
  return !a && (a.error().code == errc::not_primary || a.error().code == errc::outcome_unknown);
}

class visitors_actor final : public caf::event_based_actor {
public:
  visitors_actor(caf::actor_config& cfg, const node_context& node, caf::actor gateway,
                 std::shared_ptr<const request_reader> reader)
      : event_based_actor(cfg),
        node_(node),
        gateway_(std::move(gateway)),
        reader_(std::move(reader)) {}

  caf::behavior make_behavior() override {
    return {[this](peer_question_arrived& q) { take(std::move(q.question)); }};
  }

  void on_exit() override { gateway_ = {}; }

private:
  /// An exception (memory, most likely) costs this question its answer, not the actor its life.
  void take(question_ptr question) try {
    node_.counts.count_received();
    if (question->gone()) return;
    auto asked = decode_question(question->bytes());
    if (!asked) return question->answer(asked.error());
    std::visit([&](auto& what) { admit(std::move(what), std::move(question)); }, *asked);
  } catch (const std::exception& e) {
    log_event(log_level::error, "question of another node not handled", {{"reason", e.what()}});
  }

  void admit(visit_question what, question_ptr question) {
    auto read = reader_->read(what.wire, what.from);
    if (!read) return question->answer(read.error());
    // Every node carries those out by itself; they never travel.
    if (std::holds_alternative<domain::cluster_command>(read->what))
      return question->answer(error_info{.code = errc::internal, .text = "Not for another node"});
    auto request = std::make_shared<visiting_request>(std::move(question),
                                                      std::move(read->renderer), node_.time);
    request->from = std::move(what.from);
    request->what = std::move(read->what);
    routed_request r{.request = std::move(request)};
    follow(r, std::move(what.route), node_.now().steady_ms);
    bring_in(std::move(r), node_, gateway_);
  }

  void admit(order_question what, question_ptr question) {
    auto reply = std::make_shared<order_reply>([question = std::move(question)](answer a) {
      if (means_later(a)) return question->answer(a.error());
      question->answer(encode_answer(order_answer{std::move(a)}));
    });
    send(gateway_, project_order{what.number, std::move(what.what), std::move(reply), true});
  }

  void admit(status_question what, question_ptr question) {
    auto reply = std::make_shared<order_reply>([question = std::move(question)](const answer& a) {
      if (!a) return question->answer(a.error());
      question->answer(encode_answer(done_answer{}));
    });
    send(gateway_, status_changed{what.number, what.status, std::move(reply), true});
  }

  const node_context& node_;
  caf::actor gateway_;
  std::shared_ptr<const request_reader> reader_;
};

}  // namespace

caf::actor spawn_visitors_actor(caf::actor_system& system, const node_context& node,
                                caf::actor gateway, std::shared_ptr<const request_reader> reader) {
  return system.spawn<visitors_actor>(node, std::move(gateway), std::move(reader));
}

}  // namespace taskdriver::actors
