// Which commands may simply be sent again when nobody knows whether they were carried out.
#pragma once

#include "domain/commands.hpp"

namespace taskdriver::domain {

/// True if carrying `what` out twice leaves the same as once, and the second answer tells the
/// caller no less than the first would have. docs/http_api.md lists them for clients.
bool repeat_is_harmless(const command& what);

}  // namespace taskdriver::domain
