// Values of the column family `state`: one compact, versioned encoding per kind of record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/record_source.hpp"

namespace taskdriver::storage {

/// The value of every index entry: only the version; what it says is in its key.
inline constexpr std::string_view index_value{"\x01", 1};

/// Appends the value of `record`: a version byte, then its fields in the order of fields() in
/// record_codec.cpp. Instantiated for project, project_counters, activity_bucket, task_type,
/// task_spec, task_progress, attempt, lease, session and directory_entry.
template <class Record>
void encode_record(std::string& out, const Record& record);

/// nullopt for an unknown version, anything malformed, or bytes left over. Never reads outside
/// `value`; takes memory in proportion to it.
template <class Record>
std::optional<Record> decode_record(std::string_view value);

/// Values that are one number: the tasks of a type, the next project number.
void encode_count(std::string& out, std::uint64_t count);
std::optional<std::uint64_t> decode_count(std::string_view value);

}  // namespace taskdriver::storage
