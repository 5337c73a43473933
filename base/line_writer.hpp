// Lines on their way to a file, pipe or terminal: who writes one never waits for who reads it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace taskdriver {

/// Lines gather for a moment and are written together, by a thread. Whoever reads them slower than
/// they come loses lines, and is told how many: a log that nobody reads (a pager, a full pipe) must
/// not stop a server. The same for what cannot be written, as to a file on a full disk.
///
///   add --room--> buffer --gathering, much, or urgent--> thread --> descriptor
///     `--no room--> counted --> gap line
///
/// Thread: add() and flush() any. Owns: its thread; the descriptor stays the caller's.
class line_writer {
public:
  static constexpr std::size_t room_bytes = std::size_t{4} << 20;
  /// For urgent lines, beyond the others' room.
  static constexpr std::size_t urgent_room_bytes = std::size_t{1} << 20;
  static constexpr std::chrono::milliseconds gathering{50};
  static constexpr std::chrono::seconds flush_patience{1};

  /// `gap_line` renders the line that says how many were lost; called on the thread.
  line_writer(int descriptor, std::function<std::string(std::uint64_t lost)> gap_line);
  /// Writes what waits, as flush() does.
  ~line_writer();
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// `line` without its end. An urgent one is written at once, with all before it.
  void add(std::string_view line, bool urgent);
  /// Waits until all that was added before is written, at most flush_patience.
  void flush();

private:
  void run();
  std::string_view write_out(std::string_view text);

  const int descriptor_;
  const std::function<std::string(std::uint64_t)> gap_line_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable written_;
  std::string waiting_;
  std::uint64_t lost_ = 0;
  std::uint64_t added_bytes_ = 0;    // of all lines so far
  std::uint64_t written_bytes_ = 0;  // of these, written or given up
  bool hurry_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace taskdriver
