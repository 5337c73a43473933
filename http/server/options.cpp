// The answers of a server that was given no hook for its own.
#include "http/server/options.hpp"

namespace taskdriver::http {

response plain_error_response(int status, std::string_view text) {
  return {.status = status, .content_type = "text/plain", .body = std::string(text) + "\n"};
}

}  // namespace taskdriver::http
