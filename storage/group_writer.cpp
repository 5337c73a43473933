// Keeps the groups of a batch until its end, when each is written once.
#include "storage/group_writer.hpp"

#include <algorithm>

#include "storage/key_codec.hpp"

namespace taskdriver::storage {

void group_writer::set(std::string_view key, bool member, bool may_be_alone) {
  entry_group& group = open(group_of(key)).now;
  const auto last_byte = static_cast<std::uint8_t>(key.back());
  const bool was_member = group.has(last_byte);
  if (member)
    group.add(last_byte);
  else
    group.remove(last_byte);
  if (!was_member && may_be_alone) keep(batch_.Delete(store_.state, key));
}

group_writer::changed_group& group_writer::open(std::string_view key) {
  const auto found = groups_.find(key);
  if (found != groups_.end()) return found->second;
  const entry_group stored = read(key);
  return groups_.emplace(key, changed_group{stored, stored}).first->second;
}

entry_group group_writer::read(std::string_view key) {
  if (is_erased(key)) return {};
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = store_.db().Get({}, store_.state, key, &value);
  if (status.IsNotFound()) return {};
  keep(status);
  if (!status.ok()) return {};
  const auto group = entry_group::decode(value.ToStringView());
  if (!group) keep(rocksdb::Status::Corruption("a group of index entries is malformed"));
  return group.value_or(entry_group());
}

void group_writer::erase_project(std::string_view begin, std::string_view end) {
  groups_.erase(groups_.lower_bound(begin), groups_.lower_bound(end));
  erased_.emplace_back(begin, end);
}

bool group_writer::is_erased(std::string_view key) const {
  return std::any_of(erased_.begin(), erased_.end(),
                     [&](const auto& range) { return range.first <= key && key < range.second; });
}

void group_writer::finish() {
  std::string value;
  for (auto& [key, group] : groups_) {
    if (group.now == group.written) continue;
    if (group.now.empty()) {
      keep(batch_.Delete(store_.state, key));
    } else {
      group.now.encode(value);
      keep(batch_.Put(store_.state, key, value));
    }
    group.written = group.now;
  }
}

}  // namespace taskdriver::storage
