// Merges a scan of the state with the progress records that a project's specs stand for.
#include "storage/checkpoint_scan.hpp"

#include "storage/key_codec.hpp"
#include "storage/record_codec.hpp"

namespace taskdriver::storage {
namespace {

constexpr std::size_t project_bytes = 6;  // of a key: shard u16, project u32

std::string_view project_part(std::string_view key) {
  return key.substr(0, project_bytes);
}

}  // namespace

checkpoint_scan::checkpoint_scan(const engine& store, const rocksdb::Snapshot* snapshot,
                                 shard_id shard)
    : store_(store), snapshot_(snapshot), stored_(store, snapshot, shard) {
  settle();
}

void checkpoint_scan::next() {
  if (made_up_)
    specs_->next();
  else
    stored_.next();
  settle();
}

rocksdb::Status checkpoint_scan::status() const {
  return failed_.ok() ? stored_.status() : failed_;
}

/// Decides what comes next: the stored record, or one that goes before it.
void checkpoint_scan::settle() {
  made_up_ = false;
  const bool at_spec = stored_.valid() && kind_of(stored_.key()) == record_kind::spec;
  if (at_spec && !specs_ && project_part(stored_.key()) == project_) return;
  if (!project_.empty() && !specs_) {
    const std::string begin = project_ + static_cast<char>(record_kind::spec);
    specs_.emplace(store_, snapshot_, begin, after_prefix(begin));
  }
  for (; specs_ && specs_->valid(); specs_->next()) {
    made_key_ = with_kind(specs_->key(), record_kind::progress);
    if (stored_.valid() && stored_.key() < made_key_) return;
    if (stored_.valid() && stored_.key() == made_key_) return specs_->next();
    if (make_up()) return;
  }
  if (specs_ && !specs_->status().ok()) failed_ = specs_->status();
  specs_.reset();
  project_ = at_spec ? project_part(stored_.key()) : std::string_view();
}

/// False for a spec that cannot be read; whoever installs the checkpoint will not like that one.
bool checkpoint_scan::make_up() {
  const auto spec = decode_record<domain::task_spec>(specs_->value());
  if (!spec) return false;
  made_value_.clear();
  encode_record(made_value_, domain::progress_as_created(*spec));
  return made_up_ = true;
}

}  // namespace taskdriver::storage
