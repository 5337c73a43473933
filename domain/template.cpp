// A single scan for `{{name}}`, used both for listing the names and for filling them in.
#include "domain/template.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "domain/rules.hpp"

namespace taskdriver::domain {
namespace {

struct placeholder {
  std::string_view name;
  std::size_t end = 0;  // behind its braces
};

/// What the braces at `open` enclose, if it is a name. Never looks further than the next brace: a
/// template of nothing but open braces takes no longer than another one.
std::optional<placeholder> placeholder_at(std::string_view text, std::size_t open) {
  const auto from = std::min(text.find_first_not_of(" \t", open + 2), text.size());
  const auto to = std::min(text.find_first_of(" \t{}", from), text.size());
  const auto close = std::min(text.find_first_not_of(" \t", to), text.size());
  const auto name = text.substr(from, to - from);
  if (text.substr(close, 2) != "}}" || rules::variable_name(name)) return std::nullopt;
  return placeholder{name, close + 2};
}

/// Calls `on_text` and `on_name` for the pieces of `text`, in order, until one returns false.
void scan(std::string_view text, const std::function<bool(std::string_view)>& on_text,
          const std::function<bool(std::string_view)>& on_name) {
  std::size_t from = 0;  // start of the plain text not yet handed out
  for (std::size_t open = text.find("{{"); open != std::string_view::npos;) {
    const auto found = placeholder_at(text, open);
    if (!found) {  // not a name: the braces are text
      open = text.find("{{", open + 1);
      continue;
    }
    if (!on_text(text.substr(from, open - from)) || !on_name(found->name)) return;
    from = found->end;
    open = text.find("{{", from);
  }
  on_text(text.substr(from));
}

void add_once(std::vector<std::string>& names, std::string_view name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
}

}  // namespace

std::vector<std::string> variables_of(std::string_view template_text) {
  std::vector<std::string> names;
  scan(
      template_text, [](std::string_view) { return true; },
      [&](std::string_view name) {
        add_once(names, name);
        return names.size() <= limits::variables_max;
      });
  return names;
}

filled_template fill_template(std::string_view template_text,
                              const std::vector<variable>& variables, std::size_t bytes_max) {
  filled_template filled;
  const auto append = [&](std::string_view piece) {
    filled.text += piece;
    return filled.text.size() <= bytes_max;
  };
  scan(template_text, append, [&](std::string_view name) {
    const auto found = std::lower_bound(
        variables.begin(), variables.end(), name,
        [](const variable& v, std::string_view n) { return std::string_view(v.name) < n; });
    if (found != variables.end() && found->name == name) return append(found->text);
    add_once(filled.missing, name);
    return true;
  });
  return filled;
}

}  // namespace taskdriver::domain
