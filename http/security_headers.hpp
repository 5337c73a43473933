// The headers that tell browsers to be careful; the set that the API reference documents.
#pragma once

#include "http/header_sink.hpp"

namespace taskdriver::http {

struct security_header_options {
  bool tls = false;  // adds Strict-Transport-Security
  /// An answer of the API, which nobody may cache; false for the pages of the docs, which say
  /// themselves how long they may be kept.
  bool no_store = true;
};

/// X-Content-Type-Options, X-Frame-Options, X-XSS-Protection, and by the options
/// Strict-Transport-Security and Cache-Control: no-store.
void add_security_headers(const security_header_options& options, header_sink& out);

}  // namespace taskdriver::http
