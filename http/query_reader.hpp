// Reads the query parameters of lists and gathers what is wrong with them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "http/field_reader.hpp"
#include "http/url.hpp"

namespace taskdriver::http {

/// As field_reader, for "?limit=10&status=queued": nullopt is absent, or wrong and in errors().
/// Of equal names the last one counts; parameters that nobody asks for are ignored.
///
/// Thread: one at a time.
/// Owns: the decoded parameters.
class query_reader {
public:
  /// Fails: bad_request, a malformed percent-escape.
  static result<query_reader> parse(std::string_view query);

  std::optional<std::string> text(std::string_view name, field_reader::rule check);
  std::optional<std::int64_t> whole(std::string_view name, const number_bounds& bounds);
  std::optional<std::size_t> choice(std::string_view name,
                                    std::span<const std::string_view> choices);
  std::optional<object_id> id(std::string_view name, std::string_view what);
  /// Where a page starts: what came as nextCursor with the one before (cursor.hpp).
  std::optional<std::uint64_t> cursor(std::string_view name, char kind);

  field_errors& errors() { return errors_; }

private:
  const std::string* find(std::string_view name) const;
  void object_to(std::string_view name, std::string message, const std::string& value);

  query_parameters parameters_;
  field_errors errors_;
};

}  // namespace taskdriver::http
