// Carries out what operators ask of the cluster; between the gateway and cluster_control.
#pragma once

#include <functional>
#include <string>

#include "actors/messages.hpp"

namespace taskdriver::cluster {
class cluster_control;
}

namespace taskdriver::actors {

/// Copies the node's data to a directory of this name below its data directory, on a thread of its
/// own; `done` gets the path.
using backup_maker =
    std::function<void(const std::string& name, std::function<void(result<std::string>)> done)>;

/// What the desk works with; null or empty on a node without it.
struct operator_tools {
  cluster::cluster_control* control = nullptr;
  backup_maker back_up = {};
};

/// Answers the request, at once or when the register has answered. Only for the admin token: 403
/// else. Thread: any.
void serve_operator(const request_ptr& request, const operator_tools& tools);

}  // namespace taskdriver::actors
