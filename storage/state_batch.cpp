// Sorts what was gathered; a range is a border that nothing moves across.
#include "storage/state_batch.hpp"

#include <algorithm>
#include <memory>

#include "storage/created_progress.hpp"
#include "storage/key_codec.hpp"
#include "storage/record_codec.hpp"

namespace taskdriver::storage {
namespace {

/// Ranges with at most so many keys are deleted key by key.
constexpr std::size_t range_keys_max = 256;
/// RocksDB 7.8 keeps the memtable's insert hints of puts and of range tombstones in one map, and a
/// hint of the one kind breaks the other's list. So a range that begins inside a kind, as only that
/// of a task's attempts does, never becomes a tombstone; that of a whole project is too short for a
/// hint.
std::size_t keys_max_of(std::string_view begin) {
  return begin.size() < hint_prefix_bytes ? range_keys_max : ~std::size_t{0};
}

/// So many new entries or more go into a group; fewer are records of their own, which is cheaper
/// than to read the group, unless the batch has done so.
constexpr std::size_t group_members_min = 4;

/// Keys of these kinds end in the task's sequence.
bool ends_in_task(record_kind kind) {
  return kind >= record_kind::spec && kind <= record_kind::duplicate &&
         kind != record_kind::attempt;
}

std::uint64_t eight_bytes(std::string_view key, std::size_t from) {
  std::uint64_t number = 0;
  for (std::size_t i = from; i < from + 8; ++i)
    number = number << 8 | (i < key.size() ? static_cast<std::uint8_t>(key[i]) : 0u);
  return number;
}

}  // namespace

void state_batch::enter(shard_id shard) {
  prefix_.clear();
  byte_writer(prefix_).u16(raw(shard));
  end_.clear();
  byte_writer(end_).u16(static_cast<std::uint16_t>(raw(shard) + 1));
}

void state_batch::put(std::string_view key, std::string_view value) {
  gather(key, value, true);
}

void state_batch::erase(std::string_view key) {
  gather(key, {}, false);
}

void state_batch::erase_range(std::string_view begin, std::string_view end) {
  const bool end_within = end.starts_with(prefix_) || end == end_;
  const bool fine = end_within && group_of(begin).empty() && group_of(end).empty();
  if (!fine) stray_ = true;
  if (!within(begin) || !fine || begin >= end) return;
  write_gathered();
  if (!erase_keys(begin, end)) keep(batch_.DeleteRange(store_.state, begin, end));
  if (begin.size() < hint_prefix_bytes) groups_.erase_project(begin, end);
}

rocksdb::WriteBatch& state_batch::finish() {
  write_gathered();
  groups_.finish();
  return batch_;
}

void state_batch::gather(std::string_view key, std::string_view value, bool is_put) {
  if (!within(key)) return;
  gathered_.push_back({.first = eight_bytes(key, 0),
                       .second = eight_bytes(key, 8),
                       .key = key,
                       .value = value,
                       .is_put = is_put,
                       .position = static_cast<std::uint32_t>(gathered_.size())});
}

bool state_batch::within(std::string_view key) {
  // Project 0, kind 0 is the applied index, which only state_apply.cpp writes; groups are made
  // here.
  const bool applied = key.substr(2) == std::string_view("\0\0\0\0\0", 5);
  const bool fine = key.starts_with(prefix_) && !applied && !is_group(key);
  if (!fine) stray_ = true;
  return fine;
}

bool state_batch::before(const operation& a, const operation& b) {
  if (a.first != b.first) return a.first < b.first;
  if (a.second != b.second) return a.second < b.second;
  if (const int order = a.key.compare(b.key); order != 0) return order < 0;
  return a.position < b.position;
}

void state_batch::write_gathered() {
  std::sort(gathered_.begin(), gathered_.end(), before);
  note_created();
  note_queued();
  drop_overwritten();
  for (std::span<const operation> left = gathered_; !left.empty();) {
    const auto neighbours = of_one_group(left);
    if (neighbours.empty()) {
      write(left.front());
      left = left.subspan(1);
    } else {
      write_entries(neighbours);
      left = left.subspan(neighbours.size());
    }
  }
  gathered_.clear();
  created_.clear();
  queued_.clear();
}

/// Leaves the last operation on each key.
void state_batch::drop_overwritten() {
  std::size_t kept = 0;
  for (const operation& one : gathered_) {
    const bool first = kept == 0 || gathered_[kept - 1].key != one.key;
    const bool was_there = first ? !one.is_put : gathered_[kept - 1].was_there;
    if (first) ++kept;
    gathered_[kept - 1] = one;
    gathered_[kept - 1].was_there = was_there;
  }
  gathered_.resize(kept);
}

void state_batch::write(const operation& one) {
  if (one.is_put && goes_without_record(one)) return;
  if (one.is_put) {
    // Of a version that this one does not know, or damage.
    if (is_grouped(one.key) && one.value != index_value) groups_.set(one.key, false, false);
    keep(batch_.Put(store_.state, one.key, one.value));
    written_puts_.push_back(one.key);
  } else if (!absent_before(one.key)) {
    keep(batch_.Delete(store_.state, one.key));
  }
}

/// The first of `all` that are about entries of one group. Empty if the first one is not.
std::span<const state_batch::operation> state_batch::of_one_group(
    std::span<const operation> all) const {
  if (store_.format.version < format_with_groups) return {};
  const auto is_entry = [](const operation& one) {
    return is_grouped(one.key) && (!one.is_put || one.value == index_value);
  };
  if (!is_entry(all.front())) return {};
  const std::string_view group = group_of(all.front().key);
  const auto end = std::find_if_not(all.begin(), all.end(), [&](const operation& one) {
    return is_entry(one) && one.key.starts_with(group);
  });
  return all.first(static_cast<std::size_t>(end - all.begin()));
}

/// The domain puts an entry only where there is none, so whatever is put first was not there.
void state_batch::write_entries(std::span<const operation> neighbours) {
  std::size_t added = 0, was_there = 0;
  for (const operation& one : neighbours) {
    if (one.is_put) ++added;
    if (one.was_there) ++was_there;
  }
  const bool alone =
      was_there == 0 && added < group_members_min && !groups_.has(group_of(neighbours.front().key));
  for (const operation& one : neighbours) {
    if (!one.is_put && !one.was_there) continue;
    if (!alone) {
      groups_.set(one.key, one.is_put, one.was_there);
      continue;
    }
    keep(batch_.Put(store_.state, one.key, one.value));
    written_puts_.push_back(one.key);
  }
}

/// A task gets its entry in the index by type when it is created, and only then.
void state_batch::note_created() {
  for (const operation& one : gathered_)
    if (one.is_put && kind_of(one.key) == record_kind::by_type)
      created_.push_back({project_of(one.key), task_of(one.key)});
  std::sort(created_.begin(), created_.end());
}

/// A task leaves the queue only where it is: if that comes before any entering of it, it was there.
void state_batch::note_queued() {
  std::string_view last;
  for (const operation& one : gathered_) {
    if (kind_of(one.key) != record_kind::queue) continue;
    if (one.key != last && !one.is_put) queued_.push_back({project_of(one.key), task_of(one.key)});
    last = one.key;
  }
  std::sort(queued_.begin(), queued_.end());
}

/// Of a task that this very batch creates nothing is in the database yet, and of one that is queued
/// neither a lease nor an agent.
bool state_batch::absent_before(std::string_view key) const {
  const auto kind = kind_of(key);
  if (!ends_in_task(kind)) return false;
  const bool of_running = kind == record_kind::lease || kind == record_kind::by_agent;
  return is_in(created_, key) || (of_running && is_in(queued_, key));
}

bool state_batch::is_in(const std::vector<task_key>& tasks, std::string_view key) const {
  return !tasks.empty() &&
         std::binary_search(tasks.begin(), tasks.end(), task_key{project_of(key), task_of(key)});
}

/// The last of a key. Of a task that was there before, an older record may have to be overwritten.
bool state_batch::goes_without_record(const operation& one) const {
  if (store_.format.version < format_without_created) return false;
  if (kind_of(one.key) != record_kind::progress || !is_in(created_, one.key)) return false;
  const std::string spec_key = with_kind(one.key, record_kind::spec);
  const operation after_spec{.first = eight_bytes(spec_key, 0),
                             .second = eight_bytes(spec_key, 8),
                             .key = spec_key,
                             .position = ~std::uint32_t{0}};
  const auto behind = std::upper_bound(gathered_.begin(), gathered_.end(), after_spec, before);
  if (behind == gathered_.begin()) return false;
  const operation& spec = *std::prev(behind);
  return spec.key == spec_key && spec.is_put && says_no_more(one.value, spec.value);
}

/// Deletes the keys of a range one by one; false, with nothing done, when there are many.
bool state_batch::erase_keys(std::string_view begin, std::string_view end) {
  const rocksdb::Slice upper = end;
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(store_.db().NewIterator(options, store_.state));
  std::vector<std::string> keys;
  const std::size_t keys_max = keys_max_of(begin);
  for (it->Seek(begin); it->Valid() && keys.size() <= keys_max; it->Next()) {
    keys.push_back(it->key().ToString());
  }
  keep(it->status());
  if (keys.size() > keys_max) return false;
  for (const std::string& key : keys) keep(batch_.Delete(store_.state, key));
  // What this very batch puts is not in the database yet.
  for (std::string_view key : written_puts_) {
    if (begin <= key && key < end) keep(batch_.Delete(store_.state, key));
  }
  return true;
}

}  // namespace taskdriver::storage
