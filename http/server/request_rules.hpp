// What makes a syntactically correct head acceptable: the rules against smuggling and nonsense.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/server/request_parser.hpp"

namespace taskdriver::http {

/// Judges the fields of one head as they come, and the whole at its end. Stricter than Beast: one
/// Content-Length of digits only, "chunked" as the only transfer coding and never beside a
/// Content-Length, exactly one Host (RFC 9112 sections 3.2, 6.1, 6.3; RFC 9110 section 10.1.1).
/// Thread: one owner.
class head_rules {
public:
  explicit head_rules(std::size_t header_count_max) : header_count_max_(header_count_max) {}

  void start(bool http10) { http10_ = http10; }
  /// The first broken rule, if this field breaks one.
  std::optional<parse_failure> field(std::string_view name, std::string_view value);
  std::optional<parse_failure> finish() const;

  bool continue_expected() const { return continue_expected_; }

private:
  std::optional<parse_failure> content_length(std::string_view value);
  std::optional<parse_failure> transfer_encoding(std::string_view value);
  std::optional<parse_failure> host(std::string_view value);
  std::optional<parse_failure> expect(std::string_view value);

  const std::size_t header_count_max_;
  std::size_t fields_ = 0;
  bool http10_ = false;
  bool has_length_ = false;
  bool has_coding_ = false;
  bool has_host_ = false;
  bool continue_expected_ = false;
};

/// The origin-form of a request target ("/path?query", or "*" for OPTIONS): cuts "http://host" off
/// an absolute one. nullopt if it is none of these (RFC 9112 section 3.2).
std::optional<std::string> origin_form(std::string_view method, std::string_view target);

/// For a request line whose version Beast refused: 505 if it is an HTTP version, 400 if not.
parse_failure bad_version(std::string_view head);

}  // namespace taskdriver::http
