// Entries of an index about 256 neighbouring tasks, kept as one record of `state`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace taskdriver::storage {

/// The queue and the indexes by type, by batch and by finished status have entries about tasks with
/// neighbouring numbers. One record for each of them would be most of what `state` keeps of a task
/// that waits, and each of them is merged two or three times. So `state` has groups instead:
///
///   in the log, in checkpoints   <index> task u48                    one record for each task
///   in `state`                   <index> the first 5 bytes of that   which of the 256 are there
///
/// state_batch turns the one into the other, entry_iterator shows groups as entries again. Entries
/// of their own are there as well, from an older version or where only a few came at a time. None
/// is there twice, since the domain only puts entries that are not there. (group_of() in
/// key_codec.hpp has the keys.)
///
/// A member is the last byte of its task's number.
class entry_group {
public:
  /// nullopt if malformed; an empty group is no record.
  static std::optional<entry_group> decode(std::string_view value);
  /// Replaces `out`. Of a group that is not empty.
  void encode(std::string& out) const;

  bool has(std::uint8_t member) const { return (words_[member / 64] >> member % 64 & 1) != 0; }
  void add(std::uint8_t member) { words_[member / 64] |= std::uint64_t{1} << member % 64; }
  void remove(std::uint8_t member) { words_[member / 64] &= ~(std::uint64_t{1} << member % 64); }
  bool empty() const { return !first_from(0); }
  /// The lowest member that is not below `from`.
  std::optional<std::uint8_t> first_from(unsigned from) const;

  bool operator==(const entry_group&) const = default;

private:
  std::array<std::uint64_t, 4> words_{};
};

}  // namespace taskdriver::storage
