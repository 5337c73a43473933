// Projects by name, where the API takes ids only.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tools/tdctl/admin_client.hpp"

namespace taskdriver::tdctl {

/// `name` itself if it is an id; else the id of the project of that name, closed or not.
/// Fails: not_found, and as admin_client.
result<std::string> project_id(admin_client& server, const std::string& name);

/// Calls `each` with every item of a list that comes in pages, in order, until it returns false.
/// `path` may have a query already.
result<void> for_each_item(admin_client& server, const std::string& path,
                           const std::function<bool(const nlohmann::json& item)>& each);

}  // namespace taskdriver::tdctl
