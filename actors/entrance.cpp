// Each way is tried in turn; the gateway takes what is left.
#include "actors/entrance.hpp"

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <memory>
#include <string>
#include <utility>

#include "actors/creation_admission.hpp"
#include "actors/request_routes.hpp"

namespace taskdriver::actors {
namespace {

/// A request on its way to another node and back. Thread: one owner at a time, any.
class round_trip {
public:
  round_trip(routed_request r, cluster::node_name to, const node_context& node,
             caf::actor_addr gateway)
      : r_(std::move(r)), to_(std::move(to)), node_(node), gateway_(std::move(gateway)) {
    node_.counts.count_direct(+1);
  }
  ~round_trip() { node_.counts.count_direct(-1); }
  round_trip(const round_trip&) = delete;
  round_trip& operator=(const round_trip&) = delete;

  void answered(result<std::string> bytes) {
    if (bytes)
      if (auto decoded = decode_answer(*bytes))
        if (auto* visited = std::get_if<visit_answer>(&*decoded)) {
          node_.counts.count_forwarded(forward_outcome::answered);
          return give_visit_answer(r_, std::move(*visited), std::move(to_));
        }
    if (const auto gateway = caf::actor_cast<caf::actor>(gateway_))
      caf::anon_send(gateway, peer_returned{std::move(r_), std::move(to_), std::move(bytes)});
  }

private:
  routed_request r_;
  cluster::node_name to_;
  const node_context& node_;
  caf::actor_addr gateway_;  // the network may keep this for long, and must not keep the actor
};

bool enter_here(routed_request& r, const node_context& node) {
  const auto number = next_stop(r);
  return number != directory_number && !creation_admission::concerns(r) &&
         node.doors.enter(number, r);
}

bool go_elsewhere(routed_request& r, const node_context& node, const caf::actor& gateway) {
  if (!node.peers || wait_s_of(r.request->what) > 0) return false;
  auto at = node.replicas.locate(next_stop(r));
  if (at.at != cluster::shard_location::place::elsewhere) return false;
  const auto now = node.now().steady_ms;
  auto question = question_of(r, now);
  if (question.empty()) return false;
  r.trip.expires_ms = now + node.settings.patience_ms;
  const auto trip = std::make_shared<round_trip>(std::move(r), at.node, node,
                                                 caf::actor_cast<caf::actor_addr>(gateway));
  node.peers->ask(at.node, std::move(question), node.settings.patience_ms,
                  [trip](result<std::string> bytes) { trip->answered(std::move(bytes)); });
  return true;
}

}  // namespace

void bring_in(routed_request r, const node_context& node, const caf::actor& gateway) {
  if (!let_in(r) || enter_here(r, node) || go_elsewhere(r, node, gateway)) return;
  caf::anon_send(gateway, std::move(r));
}

}  // namespace taskdriver::actors
