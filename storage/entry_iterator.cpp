// Merges the members of a group with the entries of their own that lie among them.
#include "storage/entry_iterator.hpp"

#include "storage/key_codec.hpp"
#include "storage/record_codec.hpp"

namespace taskdriver::storage {

void entry_iterator::seek(std::string_view key) {
  const std::string_view group = group_of(key);
  member_.reset();
  stored_->Seek(group.empty() ? key : group);
  settle();
  while (valid() && this->key() < key && !is_group(this->key())) next();
}

std::string_view entry_iterator::value() const {
  return from_group_ ? index_value : stored_->value().ToStringView();
}

void entry_iterator::next() {
  if (from_group_)
    member_ = group_.first_from(*member_ + 1u);
  else
    stored_->Next();
  settle();
}

void entry_iterator::settle() {
  from_group_ = doubled_ = false;
  if (!member_ && !open_group()) return;
  if (!stored_->Valid() && !stored_->status().ok()) return member_.reset();
  key_.back() = static_cast<char>(*member_);
  if (!stored_->Valid() || stored_->key().ToStringView() > key_) {
    from_group_ = true;
  } else if (stored_->key().ToStringView() == key_) {
    doubled_ = true;
    member_ = group_.first_from(*member_ + 1u);
  }
}

/// Steps over a group and makes it the open one.
bool entry_iterator::open_group() {
  if (!stored_->Valid() || !is_group(stored_->key().ToStringView())) return false;
  const auto group = entry_group::decode(stored_->value().ToStringView());
  if (!group) return false;
  group_ = *group;
  member_ = group_.first_from(0);
  key_ = stored_->key().ToStringView();
  key_.push_back('\0');
  stored_->Next();
  return true;
}

}  // namespace taskdriver::storage
