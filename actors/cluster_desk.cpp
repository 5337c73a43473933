// One overload per command; each ends in one answer.
#include "actors/cluster_desk.hpp"

#include <algorithm>

#include "cluster/cluster_control.hpp"

namespace taskdriver::actors {
namespace {

class operator_desk {
public:
  operator_desk(request_ptr request, cluster::cluster_control& control)
      : request_(std::move(request)), control_(control) {}

  void operator()(const domain::show_cluster& what) {
    auto view = control_.view();
    if (what.project && !view.shards.empty()) {
      const auto count = static_cast<std::uint16_t>(view.shards.size());
      const auto wanted = raw(shard_of(*what.project, count));
      std::erase_if(view.shards, [&](const auto& shard) { return shard.shard != wanted; });
    }
    request_->respond(domain::reply{std::move(view)});
  }
  void operator()(const domain::drain_node& what) {
    control_.drain(what.node, then("Node " + what.node + " is being drained"));
  }
  void operator()(const domain::undrain_node& what) {
    control_.undrain(what.node, then("Node " + what.node + " takes part again"));
  }
  void operator()(const domain::remove_node& what) {
    control_.remove(what.node, then("Node " + what.node + " removed"));
  }
  void operator()(const domain::move_replica& what) {
    control_.move(what.shard, what.from, what.to, then("Replica is being moved"));
  }
  void operator()(const domain::transfer_shard& what) {
    control_.transfer(what.shard, what.to, then("Primary is being transferred"));
  }
  void operator()(const domain::unpin_shard& what) {
    control_.unpin(what.shard, then("The controller places the shard again"));
  }
  void operator()(const domain::force_primary& what) {
    control_.force(what.shard, what.node, what.anyway,
                   then("Node " + what.node + " is the primary now"));
  }
  void operator()(const domain::back_up&) {}  // needs no cluster: serve_operator

private:
  cluster::cluster_control::done then(std::string message) const {
    return [request = request_, message = std::move(message)](const result<void>& outcome) {
      if (outcome.ok())
        request->respond(domain::reply{domain::done_view{message}});
      else
        request->respond(outcome.error());
    };
  }

  request_ptr request_;
  cluster::cluster_control& control_;
};

void make_backup(const request_ptr& request, const backup_maker& back_up, const std::string& name) {
  if (!back_up)
    return request->respond(error_info{errc::not_found, "This server makes no backups"});
  back_up(name, [request](result<std::string> made) {
    if (!made) return request->respond(made.error());
    request->respond(domain::reply{domain::done_view{"Backup written to " + *made}});
  });
}

}  // namespace

void serve_operator(const request_ptr& request, const operator_tools& tools) {
  if (!std::holds_alternative<admin_credentials>(request->from))
    return request->respond(
        error_info{errc::forbidden, "Only the admin token may look after the server"});
  const auto& what = std::get<domain::cluster_command>(request->what);
  if (const auto* backup = std::get_if<domain::back_up>(&what))
    return make_backup(request, tools.back_up, backup->name);
  if (!tools.control)
    return request->respond(
        error_info{errc::not_found, "This server is not part of a cluster (see --etcd)"});
  std::visit(operator_desk(request, *tools.control), what);
}

}  // namespace taskdriver::actors
