// Instructions from a template: `{{name}}` is replaced by a task's variable of that name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/records.hpp"

namespace taskdriver::domain {

/// Names used in `template_text`, each once, in order of appearance. Blanks inside the braces are
/// allowed; braces around anything that is not a variable name are plain text.
std::vector<std::string> variables_of(std::string_view template_text);

struct filled_template {
  std::string text;
  std::vector<std::string> missing;  // names without a value; `text` is then incomplete
};

/// One pass: values are never scanned again. `variables` sorted by name.
/// Stops (text too long) as soon as the result passes `bytes_max`.
filled_template fill_template(std::string_view template_text,
                              const std::vector<variable>& variables, std::size_t bytes_max);

}  // namespace taskdriver::domain
