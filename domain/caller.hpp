// Who sent a command, once the session's home has checked it.
#pragma once

#include <optional>
#include <string>

#include "domain/records.hpp"

namespace taskdriver::domain {

struct caller {
  bool admin = false;
  std::optional<session> with;  // the valid session, unless admin or a login
  project_number home{};        // the session's project
};

}  // namespace taskdriver::domain
