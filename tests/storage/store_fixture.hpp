// A store in a temporary directory on a fault_env, an observer that remembers, and small entries.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/wire.hpp"
#include "storage/log_writer.hpp"
#include "storage/node_store.hpp"
#include "storage/payload_codec.hpp"
#include "tests/support/fault_env.hpp"
#include "tests/support/temporary_directory.hpp"

namespace taskdriver::storage::testing {

/// Remembers what became of entries, applies the durable ones if told, and lets tests wait.
class recording_observer final : public log_observer {
public:
  explicit recording_observer(node_store* apply_to = nullptr) : store_(apply_to) {}

  void durable(std::span<log_entry> entries) override;
  void marked(std::span<const log_mark> marks) override;
  void refused(std::span<const log_entry> entries, const error_info& why) override;
  void refused_marks(std::span<const log_mark> marks, const error_info& why) override;

  /// Until `count` entries were settled, one way or the other, or the store failed.
  void wait_settled(std::size_t count, const node_store& store);
  std::vector<log_entry> durable_entries() const;
  std::vector<std::pair<log_entry, errc>> refused_entries() const;
  std::vector<log_mark> marks() const;
  std::vector<log_mark> refused_marks_seen() const;
  std::size_t batches() const;

private:
  node_store* store_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<log_entry> durable_;
  std::vector<std::pair<log_entry, errc>> refused_;
  std::vector<log_mark> marks_;
  std::vector<log_mark> refused_marks_;
  std::size_t batches_ = 0;
};

/// A key of `shard` under project 1.
std::string test_key(std::uint16_t shard, const std::string& name);
/// An entry that puts `name` = `value`.
log_entry put_entry(std::uint16_t shard, std::uint64_t index, const std::string& name,
                    const std::string& value);
/// The value in the state; "<none>" when there is none, "<error>" when it cannot be read.
std::string get(node_store& store, std::uint16_t shard, const std::string& name);

/// Where the zeros begin that the write-ahead log at `path` was filled with.
std::uint64_t end_of_records(const std::string& path);

struct store_fixture {
  taskdriver::testing::temporary_directory directory;
  taskdriver::testing::fault_env env;
  std::vector<std::string> fatal;  // texts of on_fatal
  std::mutex fatal_mutex;

  std::string data_dir() const { return directory.path() + "/node"; }
  store_options options();
  std::unique_ptr<node_store> open() { return open(options()); }
  /// Opens, or throws what was wrong.
  std::unique_ptr<node_store> open(store_options with);
  /// The error of an open that must fail; errc::not_found when it did not.
  errc open_error(std::string* text = nullptr);
  std::size_t fatal_count();
  /// Appends, waits until settled, and stops the writer.
  void write(node_store& store, recording_observer& observer, std::vector<log_entry> entries);
  /// All files of the database whose names end in `suffix`.
  std::vector<std::string> files(const std::string& suffix) const;
};

}  // namespace taskdriver::storage::testing
