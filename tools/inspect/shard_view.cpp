// The overlay of a log's tail over the state on disk, and the merged walk over both.
#include "tools/inspect/shard_view.hpp"

#include <algorithm>

#include "storage/key_codec.hpp"
#include "storage/log_codec.hpp"
#include "storage/payload_codec.hpp"
#include "storage/record_codec.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::inspect {
namespace {

constexpr std::uint64_t reads_per_call = 1 << 16;

/// Checks the operations of entries, and does them to the overlay if there is one.
class entry_reader final : public storage::payload_visitor {
public:
  explicit entry_reader(shard_id shard)
      : begin_(storage::shard_range_begin(shard)),
        end_(storage::shard_range_end(shard)),
        applied_(storage::applied_key(shard)) {}

  log_overlay* target = nullptr;
  bool stray = false;

  void put(std::string_view key, std::string_view value) override {
    if (within(key) && target != nullptr) target->put(key, value);
  }
  void erase(std::string_view key) override {
    if (within(key) && target != nullptr) target->erase(key);
  }
  void erase_range(std::string_view begin, std::string_view end) override {
    if (end > end_ || begin >= end) stray = true;
    if (within(begin) && !stray && target != nullptr) target->erase_range(begin, end);
  }

private:
  bool within(std::string_view key) {
    const bool fine = key >= begin_ && key < end_ && key != applied_;
    if (!fine) stray = true;
    return fine;
  }
  const std::string begin_, end_, applied_;
};

std::unique_ptr<rocksdb::Iterator> new_iterator(storage::engine& store) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  return std::unique_ptr<rocksdb::Iterator>(store.db().NewIterator(options, store.state));
}

error_info damaged_entry(std::uint64_t index, const std::string& what) {
  return {errc::internal, "entry " + std::to_string(index) + ": " + what};
}

}  // namespace

void log_overlay::put(std::string_view key, std::string_view value) {
  keys_.insert_or_assign(std::string(key), std::string(value));
}

void log_overlay::erase(std::string_view key) {
  keys_.insert_or_assign(std::string(key), std::nullopt);
}

void log_overlay::erase_range(std::string_view begin, std::string_view end) {
  keys_.erase(keys_.lower_bound(begin), keys_.lower_bound(end));
  std::string from(begin), to(end);
  auto at = hidden_.upper_bound(begin);
  if (at != hidden_.begin() && std::prev(at)->second >= begin) {
    --at;
    from = at->first;
  }
  while (at != hidden_.end() && at->first <= to) {
    to = std::max(to, at->second);
    at = hidden_.erase(at);
  }
  hidden_.emplace(std::move(from), std::move(to));
}

const std::string* log_overlay::hidden_until(std::string_view key) const {
  const auto after = hidden_.upper_bound(key);
  if (after == hidden_.begin()) return nullptr;
  const std::string& end = std::prev(after)->second;
  return key < end ? &end : nullptr;
}

result<void> shard_view::add_log(const storage::shard_position& at, std::uint64_t up_to) {
  const std::string end = storage::shard_end(shard_);
  const rocksdb::Slice upper = end;
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(store_.db().NewIterator(options, store_.log));
  entry_reader reader(shard_);
  for (it->Seek(storage::entry_key(shard_, at.base_index + 1)); it->Valid(); it->Next()) {
    const auto entry = storage::decode_entry(it->key().ToStringView(), it->value().ToStringView());
    if (!entry) return error_info{errc::internal, "an entry is malformed"};
    const bool wanted = entry->index > at.applied_index && entry->index <= up_to;
    reader.target = wanted ? &overlay_ : nullptr;
    if (auto read = storage::visit_payload(entry->payload, reader); !read)
      return damaged_entry(entry->index, read.error().text);
    if (reader.stray) return damaged_entry(entry->index, "changes a key that is not the shard's");
  }
  if (!it->status().ok()) return storage::to_error(it->status(), "reading the log");
  return {};
}

result<std::optional<std::string>> shard_view::get(std::string_view key) const {
  if (const auto found = overlay_.keys().find(key); found != overlay_.keys().end())
    return found->second;
  if (overlay_.hidden_until(key) != nullptr) return std::optional<std::string>();
  if (storage::is_grouped(key)) {
    const auto value = stored(storage::group_of(key));
    if (!value) return value.error();
    // A malformed group is named by whoever scans the index.
    const auto group = *value ? storage::entry_group::decode(**value) : std::nullopt;
    if (group && group->has(static_cast<std::uint8_t>(key.back())))
      return std::optional(std::string(storage::index_value));
  }
  return stored(key);
}

result<std::optional<std::string>> shard_view::stored(std::string_view key) const {
  std::string value;
  const rocksdb::Status status = store_.db().Get({}, store_.state, key, &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return storage::to_error(status, "reading a record");
  return std::optional(std::move(value));
}

void shard_view::count_read() {
  if (++read_ % reads_per_call == 0 && on_read) on_read(read_);
}

view_scan::view_scan(shard_view& view)
    : view_(view),
      applied_(storage::applied_key(view.shard())),
      disk_(new_iterator(view.store())),
      log_(view.overlay().keys().end()) {}

void view_scan::seek(std::string_view begin, std::string_view end) {
  end_ = end;
  disk_.seek(begin);
  log_ = view_.overlay().keys().lower_bound(begin);
  settle();
}

std::string_view view_scan::key() const {
  return from_ == source::log ? std::string_view(log_->first) : disk_key();
}

std::string_view view_scan::value() const {
  return from_ == source::log ? std::string_view(*log_->second) : disk_.value();
}

void view_scan::next() {
  view_.count_read();
  if (from_ == source::disk) {
    disk_.next();
  } else {
    if (disk_valid() && disk_key() == log_->first) disk_.next();
    ++log_;
  }
  settle();
}

bool view_scan::disk_valid() const {
  return disk_.valid() && disk_key() < end_;
}

bool view_scan::log_valid() const {
  return log_ != view_.overlay().keys().end() && log_->first < end_;
}

void view_scan::skip_hidden() {
  while (disk_valid()) {
    if (const std::string* until = view_.overlay().hidden_until(disk_key())) {
      disk_.seek(*until);
      // A malformed group may begin before what was sought.
      if (disk_valid() && disk_key() < *until) disk_.next();
    } else if (disk_key() == applied_) {
      disk_.next();
    } else {
      return;
    }
  }
}

void view_scan::settle() {
  for (;;) {
    skip_hidden();
    const bool disk = disk_valid(), log = log_valid();
    if (!log || (disk && disk_key() < log_->first)) {
      from_ = disk ? source::disk : source::none;
      return;
    }
    if (log_->second) {
      from_ = source::log;
      return;
    }
    if (disk && disk_key() == log_->first) disk_.next();
    ++log_;
  }
}

}  // namespace taskdriver::inspect
