// Backups of a running node: copies of its data below its data directory.
#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "storage/node_store.hpp"

namespace taskdriver::server {

/// Makes <data-dir>/backups/NAME a data directory with what was acknowledged before the call, one
/// at a time, each on a thread of its own. Files are shared with the live data by hard links until
/// either changes. A name that is there is a whole backup: it appears when all of it is on disk.
/// Thread: make() any; start and stop one. Owns: the thread of the backup under way.
class backup_writer {
public:
  using done = std::function<void(result<std::string> directory)>;

  backup_writer(storage::node_store& store, const std::filesystem::path& data_dir);
  ~backup_writer();

  /// `d` is called on the backup's thread, or at once when it is refused. Fails: in_use (another
  /// one is being made), name_taken, unavailable (stopping, or the disk is full), internal (disk).
  void make(const std::string& name, done d);
  /// Waits for the backup under way; later ones are refused.
  void stop();

private:
  void run(const std::string& name, const done& d);
  result<std::string> write(const std::string& name);
  result<void> admit();

  storage::node_store& store_;
  const std::filesystem::path folder_;
  std::mutex mutex_;
  bool under_way_ = false;
  bool stopping_ = false;
  std::thread thread_;  // the last one, also after it has ended
};

}  // namespace taskdriver::server
