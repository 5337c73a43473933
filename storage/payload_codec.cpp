// Encodes and walks the operations of a log entry.
#include "storage/payload_codec.hpp"

namespace taskdriver::storage {
namespace {

constexpr std::uint8_t payload_version = 1;
enum operation : std::uint8_t { op_put = 1, op_erase = 2, op_erase_range = 3 };

error_info malformed(const char* what) {
  return {errc::internal, std::string("log entry: ") + what};
}

void visit_operation(byte_reader& in, payload_visitor& visitor) {
  const std::uint8_t operation = in.u8();
  const std::string_view key = in.text();
  const std::string_view second = operation == op_erase ? std::string_view() : in.text();
  if (!in.ok()) return;
  switch (operation) {
    case op_put:
      visitor.put(key, second);
      return;
    case op_erase:
      visitor.erase(key);
      return;
    case op_erase_range:
      visitor.erase_range(key, second);
      return;
    default:
      in.fail();
  }
}

}  // namespace

payload_builder::payload_builder(std::size_t bytes_expected) {
  bytes_.reserve(bytes_expected + 1);
  byte_writer(bytes_).u8(payload_version);
}

void payload_builder::put(std::string_view key, std::string_view value) {
  byte_writer out(bytes_);
  out.u8(op_put);
  out.text(key);
  out.text(value);
}

void payload_builder::erase(std::string_view key) {
  byte_writer out(bytes_);
  out.u8(op_erase);
  out.text(key);
}

void payload_builder::erase_range(std::string_view begin, std::string_view end) {
  byte_writer out(bytes_);
  out.u8(op_erase_range);
  out.text(begin);
  out.text(end);
}

result<void> visit_payload(std::string_view payload, payload_visitor& visitor) {
  byte_reader in(payload);
  if (in.u8() != payload_version) return malformed("unknown version");
  while (in.ok() && !in.empty()) visit_operation(in, visitor);
  if (!in.ok()) return malformed("malformed operation");
  return {};
}

}  // namespace taskdriver::storage
