// The documented security headers, the same for every answer.
#include "http/security_headers.hpp"

namespace taskdriver::http {

void add_security_headers(const security_header_options& options, header_sink& out) {
  out.add("X-Content-Type-Options", "nosniff");
  out.add("X-Frame-Options", "DENY");
  out.add("X-XSS-Protection", "1; mode=block");
  // Over plain HTTP browsers ignore it, and behind a proxy it is the proxy's to say.
  if (options.tls) out.add("Strict-Transport-Security", "max-age=15552000; includeSubDomains");
  if (options.no_store) out.add("Cache-Control", "no-store");
}

}  // namespace taskdriver::http
