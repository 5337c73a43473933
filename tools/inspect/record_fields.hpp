// Keys, values, entries and operations as named fields: what tdctl dump prints.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "tools/inspect/key_parts.hpp"

namespace taskdriver::inspect {

/// Fields keep the order in which they are added.
using fields = nlohmann::ordered_json;

/// The parts of a key behind shard, project and kind.
fields key_fields(const state_key& key);

/// The fields of a value of `kind`; times as text, absent ones left out, lease tokens hidden but
/// for their beginning. Empty for an index entry. nullopt when the value is malformed, or of a
/// version that is not known.
std::optional<fields> value_fields(storage::record_kind kind, std::string_view value);

/// One line: "status=running retry_count=0 assigned_to=agent-1 …". Texts that are not plain words
/// are quoted like JSON.
std::string fields_text(const fields& all);

}  // namespace taskdriver::inspect
