// The files of the pages under /api/docs, which are part of the binary; http/ serves them.
#pragma once

#include <span>
#include <string_view>

namespace taskdriver::web {

/// One file. All views point into the binary and live as long as the process.
struct asset {
  std::string_view path;  ///< file name below /api/docs/, e.g. "swagger-ui.css"
  std::string_view content_type;
  std::string_view bytes;
  bool gzip;  ///< `bytes` are compressed: send Content-Encoding: gzip
};

/// Every file; big ones twice, plain and compressed. "docs.html" is the page itself. Thread: any.
std::span<const asset> assets();

/// The file of that name, nullptr if there is none. The compressed form is given only when
/// `gzip_accepted` says that the client takes it (and the file has one). Thread: any.
const asset* find_asset(std::string_view path, bool gzip_accepted = false);

}  // namespace taskdriver::web
