// Holds one group open, and remembers what the batch wrote, which the database does not show yet.
#include "storage/group_writer.hpp"

#include <algorithm>

#include "storage/key_codec.hpp"

namespace taskdriver::storage {

void group_writer::set(std::string_view key, bool there, bool may_be_alone) {
  open(group_of(key));
  const auto member = static_cast<std::uint8_t>(key.back());
  const bool was_there = group_.has(member);
  if (there)
    group_.add(member);
  else
    group_.remove(member);
  if (!was_there && may_be_alone) keep(batch_.Delete(store_.state, key));
}

void group_writer::open(std::string_view key) {
  if (open_key_ == key) return;
  close();
  open_key_ = key;
  group_ = found_ = read(key);
}

void group_writer::close() {
  if (open_key_.empty()) return;
  if (group_ != found_) {
    if (group_.empty()) {
      keep(batch_.Delete(store_.state, open_key_));
    } else {
      group_.encode(value_);
      keep(batch_.Put(store_.state, open_key_, value_));
    }
    written_.insert_or_assign(std::move(open_key_), group_);
  }
  open_key_.clear();
}

entry_group group_writer::read(std::string_view group_key) {
  if (const auto found = written_.find(group_key); found != written_.end()) return found->second;
  if (is_erased(group_key)) return {};
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = store_.db().Get({}, store_.state, group_key, &value);
  if (status.IsNotFound()) return {};
  keep(status);
  if (!status.ok()) return {};
  const auto group = entry_group::decode(value.ToStringView());
  if (!group) keep(rocksdb::Status::Corruption("a group of index entries is malformed"));
  return group.value_or(entry_group());
}

void group_writer::erase_project(std::string_view begin, std::string_view end) {
  close();
  for (auto at = written_.lower_bound(begin); at != written_.end() && at->first < end;) {
    keep(batch_.Delete(store_.state, at->first));
    at = written_.erase(at);
  }
  erased_.emplace_back(begin, end);
}

bool group_writer::is_erased(std::string_view key) const {
  return std::any_of(erased_.begin(), erased_.end(),
                     [&](const auto& range) { return range.first <= key && key < range.second; });
}

}  // namespace taskdriver::storage
