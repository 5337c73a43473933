// The one place that gives every error code its HTTP status.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace taskdriver::http {

/// docs/design.md A5.
int status_of(errc code);

/// The `code` field of an error body: the code's own name, "not_found".
std::string_view name_of(errc code);
/// The same for an answer that the HTTP server gives by itself.
std::string_view name_of_status(int status);

/// Seconds for the Retry-After header; 0 = none. 429 and 503 always have one.
int retry_after_s(const error_info& error);

/// What the `error` field shows: for wrong fields the first of them, as in the API reference; for
/// an internal error nothing of its text, which may tell too much.
std::string public_text(const error_info& error);

error_info validation_error(std::vector<field_error> fields);
error_info not_found_error(std::string_view what);  // "Project not found"

}  // namespace taskdriver::http
