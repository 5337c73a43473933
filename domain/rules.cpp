// Rules A9 and A12 of docs/design.md, with the words that clients read.
#include "domain/rules.hpp"

#include "base/text.hpp"

namespace taskdriver::domain::rules {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool made_of(std::string_view text, std::string_view also) {
  for (char c : text)
    if (!is_letter(c) && !is_digit(c) && also.find(c) == std::string_view::npos) return false;
  return true;
}

objection name(std::string_view what, std::string_view name, std::string_view also,
               std::string_view also_words) {
  const std::string start(what);
  if (name.empty()) return start + " is required";
  if (!made_of(name, also))
    return start + " can only contain letters, numbers, " + std::string(also_words);
  if (name.size() > limits::name_length_max)
    return start + " must be at most " + std::to_string(limits::name_length_max) +
           " characters long";
  return std::nullopt;
}

}  // namespace

objection project_name(std::string_view n) {
  return name("Project name", n, "-_", "hyphens, and underscores");
}

objection type_name(std::string_view n) {
  return name("Task type name", n, "-_", "hyphens, and underscores");
}

objection agent_name(std::string_view n) {
  return name("Agent name", n, "-_.", "hyphens, underscores, and dots");
}

objection batch_id(std::string_view id) {
  if (id.empty() || id.size() > limits::batch_id_length_max || !made_of(id, "_.:-"))
    return "Batch id must be 1 to 100 letters, numbers, underscores, dots, colons, or hyphens";
  return std::nullopt;
}

objection variable_name(std::string_view n) {
  if (n.empty() || !is_letter(n[0]) || !made_of(n, "_") ||
      n.size() > limits::variable_name_length_max)
    return "Variable name must start with a letter and contain at most 100 letters, numbers, and "
           "underscores";
  return std::nullopt;
}

objection text(std::string_view what, std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max)
    return std::string(what) + " must be at most " + std::to_string(bytes_max) + " bytes long";
  if (!is_utf8(text)) return std::string(what) + " must be valid UTF-8";
  return std::nullopt;
}

objection non_empty_text(std::string_view what, std::string_view t, std::size_t bytes_max) {
  if (t.empty()) return std::string(what) + " must not be empty";
  return text(what, t, bytes_max);
}

objection whole_number(std::string_view what, std::int64_t value, std::int64_t min,
                       std::int64_t max) {
  if (value >= min && value <= max) return std::nullopt;
  return std::string(what) + " must be between " + std::to_string(min) + " and " +
         std::to_string(max);
}

objection variable_count(std::size_t count) {
  if (count <= limits::variables_max) return std::nullopt;
  return "At most " + std::to_string(limits::variables_max) + " variables are allowed";
}

}  // namespace taskdriver::domain::rules
