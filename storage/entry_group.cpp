// A few members are listed, more are bits: never more than 33 bytes.
#include "storage/entry_group.hpp"

#include <bit>

#include "base/check.hpp"

namespace taskdriver::storage {
namespace {

constexpr char version = 1;
constexpr std::size_t bitmap_bytes = 32;
constexpr unsigned bits_of_word = 64;

}  // namespace

std::optional<entry_group> entry_group::decode(std::string_view value) {
  if (value.size() < 2 || value.size() > 1 + bitmap_bytes || value[0] != version)
    return std::nullopt;
  value.remove_prefix(1);
  entry_group group;
  if (value.size() == bitmap_bytes) {
    std::size_t members = 0;
    for (std::size_t i = bitmap_bytes; i-- > 0;) {
      const auto byte = static_cast<std::uint8_t>(value[i]);
      group.words_[i / 8] = group.words_[i / 8] << 8 | byte;
      members += static_cast<std::size_t>(std::popcount(byte));
    }
    return members < bitmap_bytes ? std::nullopt : std::optional(group);
  }
  unsigned next = 0;
  for (const char c : value) {
    const auto member = static_cast<std::uint8_t>(c);
    if (member < next) return std::nullopt;
    group.add(member);
    next = member + 1u;
  }
  return group;
}

void entry_group::encode(std::string& out) const {
  TASKDRIVER_CHECK(!empty(), "an empty group is no record");
  out.assign(1, version);
  for (auto member = first_from(0); member; member = first_from(*member + 1u)) {
    out.push_back(static_cast<char>(*member));
    if (out.size() > bitmap_bytes) break;
  }
  if (out.size() <= bitmap_bytes) return;
  out.resize(1);
  for (std::size_t i = 0; i < bitmap_bytes; ++i)
    out.push_back(static_cast<char>(words_[i / 8] >> i % 8 * 8));
}

std::optional<std::uint8_t> entry_group::first_from(unsigned from) const {
  for (unsigned i = from / bits_of_word; i < words_.size(); ++i) {
    const std::uint64_t left = words_[i] >> from % bits_of_word;
    if (left != 0) return static_cast<std::uint8_t>(from + std::countr_zero(left));
    from = (i + 1) * bits_of_word;
  }
  return std::nullopt;
}

}  // namespace taskdriver::storage
