// Answers requests for the pages under /api/docs from the files in the binary.
#pragma once

#include <string>
#include <string_view>

#include "http/header_sink.hpp"

namespace taskdriver::http {

/// The parts of a request that matter here; absent headers are empty.
struct asset_request {
  std::string_view path;  // decoded, without the query: "/api/docs", "/api/docs/swagger-ui.css"
  std::string_view accept_encoding;
  std::string_view if_none_match;
};

/// `body` points into the binary; it is empty for 304 and 404.
struct asset_answer {
  int status = 404;  // 200, 304 or 404
  std::string_view body;
  std::string_view content_type;
  std::string etag;
  bool compressed = false;  // Content-Encoding: gzip
  bool page = false;        // the HTML page itself: is asked for again each time, has the CSP
};

/// Is this path one of the docs' pages, existing or not?
bool is_docs_path(std::string_view path);

/// Thread: any.
asset_answer find_docs_asset(const asset_request& request);

/// Content-Type, Content-Encoding, ETag, Cache-Control, Vary and the page's
/// Content-Security-Policy. Nothing for a 404, which is an error answer like any other.
void add_asset_headers(const asset_answer& answer, header_sink& out);

}  // namespace taskdriver::http
