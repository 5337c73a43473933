// The rules for single values that clients send; each gives the message a 422 shows, or nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/records.hpp"

namespace taskdriver::domain::rules {

/// Why a value is refused, as a sentence for people; nullopt = it is fine.
using objection = std::optional<std::string>;

objection project_name(std::string_view name);
objection type_name(std::string_view name);
objection agent_name(std::string_view name);
objection batch_id(std::string_view id);
objection variable_name(std::string_view name);
/// `what` starts the sentence: "Instructions", "Error". Checks length and UTF-8.
objection text(std::string_view what, std::string_view text, std::size_t bytes_max);
objection non_empty_text(std::string_view what, std::string_view text, std::size_t bytes_max);
/// Inclusive bounds.
objection whole_number(std::string_view what, std::int64_t value, std::int64_t min,
                       std::int64_t max);
objection variable_count(std::size_t count);

}  // namespace taskdriver::domain::rules
