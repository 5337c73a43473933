// The payload of a log entry: a list of put, delete and delete-range on keys of one shard.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/wire.hpp"

namespace taskdriver::storage {

/// Builds a payload. Grammar: docs/storage_format.md, "Payload".
class payload_builder {
public:
  explicit payload_builder(std::size_t bytes_expected = 0);

  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  /// Deletes begin ≤ key < end.
  void erase_range(std::string_view begin, std::string_view end);

  std::string take() { return std::move(bytes_); }

private:
  std::string bytes_;
};

/// Receives the operations of a payload in order. Arguments point into the payload.
class payload_visitor {
public:
  virtual ~payload_visitor() = default;
  virtual void put(std::string_view key, std::string_view value) = 0;
  virtual void erase(std::string_view key) = 0;
  virtual void erase_range(std::string_view begin, std::string_view end) = 0;
};

/// Walks `payload`. Fails: internal for an unknown version or malformed bytes; the operations
/// before the malformed one have been visited then.
result<void> visit_payload(std::string_view payload, payload_visitor& visitor);

}  // namespace taskdriver::storage
