// The list of the embedded files; CMakeLists.txt packs the bytes that the symbols here stand for.
#include "web/assets.hpp"

#include <array>

// Names given by `ld -b binary`: every character of the file name that is no letter or digit
// becomes an underscore.
#define TASKDRIVER_EMBEDDED(symbol)                 \
  extern "C" const char _binary_##symbol##_start[]; \
  extern "C" const char _binary_##symbol##_end[]
TASKDRIVER_EMBEDDED(docs_html);
TASKDRIVER_EMBEDDED(docs_js);
TASKDRIVER_EMBEDDED(favicon_32x32_png);
TASKDRIVER_EMBEDDED(swagger_ui_css);
TASKDRIVER_EMBEDDED(swagger_ui_css_gz);
TASKDRIVER_EMBEDDED(swagger_ui_bundle_js);
TASKDRIVER_EMBEDDED(swagger_ui_bundle_js_gz);
TASKDRIVER_EMBEDDED(swagger_ui_bundle_js_LICENSE_txt);
#undef TASKDRIVER_EMBEDDED

namespace taskdriver::web {
namespace {

constexpr std::string_view html = "text/html; charset=utf-8";
constexpr std::string_view css = "text/css; charset=utf-8";
constexpr std::string_view script = "text/javascript; charset=utf-8";
constexpr std::string_view text = "text/plain; charset=utf-8";

std::string_view view(const char* start, const char* end) {
  return {start, static_cast<std::size_t>(end - start)};
}

#define TASKDRIVER_BYTES(symbol) view(_binary_##symbol##_start, _binary_##symbol##_end)
const std::array<asset, 8> all_assets{{
    {"docs.html", html, TASKDRIVER_BYTES(docs_html), false},
    {"docs.js", script, TASKDRIVER_BYTES(docs_js), false},
    {"favicon-32x32.png", "image/png", TASKDRIVER_BYTES(favicon_32x32_png), false},
    {"swagger-ui.css", css, TASKDRIVER_BYTES(swagger_ui_css), false},
    {"swagger-ui.css", css, TASKDRIVER_BYTES(swagger_ui_css_gz), true},
    {"swagger-ui-bundle.js", script, TASKDRIVER_BYTES(swagger_ui_bundle_js), false},
    {"swagger-ui-bundle.js", script, TASKDRIVER_BYTES(swagger_ui_bundle_js_gz), true},
    {"swagger-ui-bundle.js.LICENSE.txt", text, TASKDRIVER_BYTES(swagger_ui_bundle_js_LICENSE_txt),
     false},
}};
#undef TASKDRIVER_BYTES

}  // namespace

std::span<const asset> assets() {
  return all_assets;
}

const asset* find_asset(std::string_view path, bool gzip_accepted) {
  const asset* found = nullptr;
  for (const asset& each : all_assets) {
    if (each.path != path || (each.gzip && !gzip_accepted)) continue;
    if (found == nullptr || each.gzip) found = &each;
  }
  return found;
}

}  // namespace taskdriver::web
