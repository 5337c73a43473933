// Page after page by cursor.
#include "tools/tdctl/project_lookup.hpp"

#include <nlohmann/json.hpp>

namespace taskdriver::tdctl {
namespace {

/// 8-4-4-4-12 hexadecimal digits.
bool is_id(const std::string& text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0)
      return false;
  }
  return true;
}

}  // namespace

result<void> for_each_item(admin_client& server, const std::string& path,
                           const std::function<bool(const nlohmann::json& item)>& each) {
  const std::string separator = path.find('?') == std::string::npos ? "?" : "&";
  std::string cursor;
  for (;;) {
    const auto page = server.get_page(path + cursor);
    if (!page) return page.error();
    for (const auto& item : page->at("data"))
      if (!each(item)) return {};
    if (!page->contains("pagination") || !page->at("pagination").value("hasMore", false)) return {};
    cursor = separator +
             "cursor=" + url_escaped(page->at("pagination").at("nextCursor").get<std::string>());
  }
}

result<std::string> project_id(admin_client& server, const std::string& name) {
  if (is_id(name)) return name;
  std::string id;
  const auto listed =
      for_each_item(server, "/api/projects?status=all&limit=100", [&](const nlohmann::json& item) {
        if (item.value("name", "") == name) id = item.value("id", "");
        return id.empty();
      });
  if (!listed) return listed.error();
  if (id.empty()) return error_info{errc::not_found, "there is no project \"" + name + "\""};
  return id;
}

}  // namespace taskdriver::tdctl
