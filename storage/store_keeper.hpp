// The thread that looks after an open store: free space, a full disk's end, the cut of the log.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

namespace taskdriver::storage {

struct engine;

/// Flushes and cuts when enough entries have gathered, so that the writer thread never does.
/// Thread: tick(), pause() any; one tick at a time.
/// Owns: its thread, if store_options::keeper_thread.
class store_keeper {
public:
  explicit store_keeper(engine& store);
  ~store_keeper();

  /// One round. Cuts if it is due or `cut_now`.
  void tick(bool cut_now);
  /// No round runs while the lock is held.
  std::unique_lock<std::mutex> pause() { return std::unique_lock(tick_mutex_); }

private:
  void run();
  void wake();
  void try_resume();
  bool cut_due() const;

  engine& store_;
  std::mutex tick_mutex_;
  std::mutex stop_mutex_;
  std::condition_variable stop_changed_;
  bool stop_ = false;
  bool woken_ = false;
  int failed_resumes_ = 0;  // in a row, with room on the disk
  std::thread thread_;
};

}  // namespace taskdriver::storage
