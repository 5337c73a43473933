// The files under /api/docs with their caching and safety headers.
#include "http/static_assets.hpp"

#include <cstdint>
#include <map>

#include "base/text.hpp"
#include "web/assets.hpp"

namespace taskdriver::http {
namespace {

constexpr std::string_view docs_root = "/api/docs";
constexpr std::string_view page_file = "docs.html";

/// Only files of this server, and calls to this server. Swagger UI sets styles of elements from its
/// script and draws its icons from data: URLs, hence the two exceptions.
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

/// FNV-1a: tells one build's files from the next one's; nobody gains by a collision.
std::string fingerprint_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : bytes) hash = (hash ^ c) * 0x100000001b3;
  std::string raw(8, '\0');
  for (int i = 7; i >= 0; --i, hash >>= 8) raw[i] = static_cast<char>(hash & 0xff);
  return '"' + to_hex(raw) + '"';
}

/// Both forms of a file differ in their bytes, and so do their tags.
const std::string& etag_of(const web::asset& asset) {
  static const auto tags = [] {
    std::map<const char*, std::string> made;
    for (const auto& each : web::assets()) made[each.bytes.data()] = fingerprint_of(each.bytes);
    return made;
  }();
  return tags.at(asset.bytes.data());
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Calls `use` for every element of a comma-separated header until it returns true.
template <class Use>
bool any_element(std::string_view list, Use use) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (use(trimmed(list.substr(0, comma)))) return true;
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return false;
}

/// "gzip", "gzip;q=0.5" or "*", but not with a weight of zero.
bool accepts_gzip(std::string_view accept_encoding) {
  return any_element(accept_encoding, [](std::string_view element) {
    const auto semicolon = element.find(';');
    const auto coding = trimmed(element.substr(0, semicolon));
    if (coding != "gzip" && coding != "x-gzip" && coding != "*") return false;
    if (semicolon == std::string_view::npos) return true;
    const auto weight = trimmed(element.substr(semicolon + 1));
    return weight.find_first_of("123456789") != std::string_view::npos;
  });
}

bool names_tag(std::string_view if_none_match, std::string_view etag) {
  return any_element(if_none_match, [etag](std::string_view element) {
    if (element.starts_with("W/")) element.remove_prefix(2);
    return element == "*" || element == etag;
  });
}

}  // namespace

bool is_docs_path(std::string_view path) {
  return path.starts_with(docs_root) &&
         (path.size() == docs_root.size() || path[docs_root.size()] == '/');
}

asset_answer find_docs_asset(const asset_request& request) {
  asset_answer answer;
  if (!is_docs_path(request.path)) return answer;
  auto file = request.path.substr(docs_root.size());
  if (file.starts_with('/')) file.remove_prefix(1);
  if (file.empty()) file = page_file;
  const auto* asset = web::find_asset(file, accepts_gzip(request.accept_encoding));
  if (asset == nullptr) return answer;
  answer.content_type = asset->content_type;
  answer.etag = etag_of(*asset);
  answer.compressed = asset->gzip;
  answer.page = file == page_file;
  answer.status = names_tag(request.if_none_match, answer.etag) ? 304 : 200;
  if (answer.status == 200) answer.body = asset->bytes;
  return answer;
}

void add_asset_headers(const asset_answer& answer, header_sink& out) {
  if (answer.status == 404) return;
  if (answer.status == 200) out.add("Content-Type", answer.content_type);
  if (answer.compressed) out.add("Content-Encoding", "gzip");
  out.add("ETag", answer.etag);
  out.add("Vary", "Accept-Encoding");
  // The names do not change from build to build, so a browser has to ask; the answer is a 304.
  out.add("Cache-Control", "no-cache");
  if (answer.page) out.add("Content-Security-Policy", page_policy);
}

}  // namespace taskdriver::http
