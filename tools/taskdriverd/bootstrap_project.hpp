// --bootstrap-project: a project of this name exists before the first client connects.
#pragma once

#include <string>

#include "actors/api.hpp"
#include "base/result.hpp"

namespace taskdriver::server {

/// Finds or creates the project and returns its id. Waits for the actors. Fails: as they do.
result<std::string> bootstrap_project(actors::task_api& api, const std::string& name);

}  // namespace taskdriver::server
