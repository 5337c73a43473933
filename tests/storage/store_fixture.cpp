// The shared parts of the storage tests.
#include "tests/storage/store_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>

#include "base/check.hpp"
#include "storage/engine.hpp"

namespace taskdriver::storage::testing {

void recording_observer::durable(std::span<log_entry> entries) {
  if (store_ != nullptr && !store_->apply(entries)) return;
  std::lock_guard lock(mutex_);
  durable_.insert(durable_.end(), entries.begin(), entries.end());
  ++batches_;
  changed_.notify_all();
}

void recording_observer::marked(std::span<const log_mark> marks) {
  std::lock_guard lock(mutex_);
  marks_.insert(marks_.end(), marks.begin(), marks.end());
}

void recording_observer::refused(std::span<const log_entry> entries, const error_info& why) {
  std::lock_guard lock(mutex_);
  for (const log_entry& entry : entries) refused_.emplace_back(entry, why.code);
  changed_.notify_all();
}

void recording_observer::wait_settled(std::size_t count, const node_store& store) {
  std::unique_lock lock(mutex_);
  // A failed store tells nobody; the bound of the wait is only how often that is looked at.
  const auto look = std::chrono::milliseconds(5);
  while (durable_.size() + refused_.size() < count && !store.failed())
    changed_.wait_for(lock, look);
}

std::vector<log_entry> recording_observer::durable_entries() const {
  std::lock_guard lock(mutex_);
  return durable_;
}

std::vector<std::pair<log_entry, errc>> recording_observer::refused_entries() const {
  std::lock_guard lock(mutex_);
  return refused_;
}

void recording_observer::refused_marks(std::span<const log_mark> marks, const error_info&) {
  std::lock_guard lock(mutex_);
  refused_marks_.insert(refused_marks_.end(), marks.begin(), marks.end());
}

std::vector<log_mark> recording_observer::refused_marks_seen() const {
  std::lock_guard lock(mutex_);
  return refused_marks_;
}

std::vector<log_mark> recording_observer::marks() const {
  std::lock_guard lock(mutex_);
  return marks_;
}

std::size_t recording_observer::batches() const {
  std::lock_guard lock(mutex_);
  return batches_;
}

std::string test_key(std::uint16_t shard, const std::string& name) {
  std::string key;
  byte_writer out(key);
  out.u16(shard);
  out.u32(1);
  out.raw(name);
  return key;
}

log_entry put_entry(std::uint16_t shard, std::uint64_t index, const std::string& name,
                    const std::string& value) {
  payload_builder payload;
  payload.put(test_key(shard, name), value);
  return {shard_id{shard}, 1, index, payload.take()};
}

std::string get(node_store& store, std::uint16_t shard, const std::string& name) {
  std::string value;
  engine& internals = store.internals();
  const rocksdb::Status status =
      internals.db().Get({}, internals.state, test_key(shard, name), &value);
  if (status.IsNotFound()) return "<none>";
  return status.ok() ? value : "<error>";
}

std::uint64_t end_of_records(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string content(std::istreambuf_iterator<char>(in), {});
  return content.find_last_not_of('\0') + 1;
}

store_options store_fixture::options() {
  store_options options;
  options.data_dir = data_dir();
  options.env = env.env.get();
  options.shard_count = 4;
  options.keeper_thread = false;
  options.limits.free_bytes_min = 0;
  options.on_fatal = [this](const error_info& why) {
    std::lock_guard lock(fatal_mutex);
    fatal.push_back(why.text);
  };
  return options;
}

std::unique_ptr<node_store> store_fixture::open(store_options with) {
  auto opened = node_store::open(std::move(with));
  if (!opened) throw std::runtime_error(opened.error().text);
  return std::move(*opened);
}

errc store_fixture::open_error(std::string* text) {
  auto opened = node_store::open(options());
  if (opened) return errc::not_found;
  if (text != nullptr) *text = opened.error().text;
  return opened.error().code;
}

std::size_t store_fixture::fatal_count() {
  std::lock_guard lock(fatal_mutex);
  return fatal.size();
}

void store_fixture::write(node_store& store, recording_observer& observer,
                          std::vector<log_entry> entries) {
  log_writer writer(store, observer);
  const std::size_t before = observer.durable_entries().size() + observer.refused_entries().size();
  std::size_t accepted = 0;
  for (log_entry& entry : entries) accepted += writer.append(std::move(entry)).ok() ? 1 : 0;
  observer.wait_settled(before + accepted, store);
}

std::vector<std::string> store_fixture::files(const std::string& suffix) const {
  std::vector<std::string> found;
  for (const auto& file : std::filesystem::directory_iterator(data_dir() + "/db")) {
    if (file.path().string().ends_with(suffix)) found.push_back(file.path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace taskdriver::storage::testing
