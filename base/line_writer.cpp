// One thread between those who log and the descriptor.
#include "base/line_writer.hpp"

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/thread_name.hpp"

namespace taskdriver {
namespace {

/// So much is written without waiting for more.
constexpr std::size_t much_bytes = 64 * 1024;
constexpr int look_again_ms = 100;

/// What one write may take without waiting: all of it to a file, whole lines to a pipe, where
/// others may write theirs between ours.
std::size_t piece_of(std::string_view text, bool to_file) {
  if (to_file || text.size() <= PIPE_BUF) return text.size();
  const auto end = text.rfind('\n', PIPE_BUF - 1);
  return end == std::string_view::npos ? PIPE_BUF : end + 1;
}

bool is_file(int descriptor) {
  struct stat about {};
  return fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
}

}  // namespace

line_writer::line_writer(int descriptor, std::function<std::string(std::uint64_t lost)> gap_line)
    : descriptor_(descriptor), gap_line_(std::move(gap_line)), thread_([this] { run(); }) {}

line_writer::~line_writer() {
  flush();
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void line_writer::add(std::string_view line, bool urgent) {
  bool wakes = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() + 1 > room_bytes + (urgent ? urgent_room_bytes : 0)) {
      ++lost_;
      return;
    }
    const bool hurry = urgent || waiting_.size() + line.size() + 1 >= much_bytes;
    wakes = waiting_.empty() || (hurry && !hurry_);
    hurry_ |= hurry;
    waiting_.append(line).push_back('\n');
    added_bytes_ += line.size() + 1;
  }
  if (wakes) wake_.notify_one();
}

void line_writer::flush() {
  std::unique_lock lock(mutex_);
  const auto wanted = added_bytes_;
  hurry_ = true;
  wake_.notify_one();
  written_.wait_for(lock, flush_patience, [&] { return written_bytes_ >= wanted; });
}

void line_writer::run() {
  name_this_thread("line-writer");
  std::string text;
  bool inside_line = false;  // what was written last is not the end of a line
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (stop_) return;
    wake_.wait_for(lock, gathering, [this] { return stop_ || hurry_; });
    text.clear();
    std::swap(text, waiting_);
    hurry_ = false;
    const auto bytes = text.size();
    const auto lost = std::exchange(lost_, 0);
    lock.unlock();
    if (lost > 0) text.append(gap_line_(lost)).push_back('\n');
    if (inside_line) inside_line = !write_out("\n").empty();
    const auto rest = write_out(text);
    if (rest.size() < text.size()) inside_line = text[text.size() - rest.size() - 1] != '\n';
    auto newly_lost = static_cast<std::uint64_t>(std::count(rest.begin(), rest.end(), '\n'));
    if (!rest.empty() && lost > 0) newly_lost += lost - 1;  // the gap line was the last one
    if (text.capacity() > much_bytes * 2) std::string().swap(text);
    lock.lock();
    lost_ += newly_lost;
    written_bytes_ += bytes;
    written_.notify_all();
  }
}

/// Returns what it could not write: the descriptor is broken, or the writer at its end. Never
/// blocks for long: a pipe that polls as writable has room for PIPE_BUF bytes.
std::string_view line_writer::write_out(std::string_view text) {
  const bool to_file = is_file(descriptor_);
  while (!text.empty()) {
    pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, look_again_ms) <= 0) {
      const std::lock_guard lock(mutex_);
      if (stop_) return text;
      continue;
    }
    const auto written = ::write(descriptor_, text.data(), piece_of(text, to_file));
    if (written >= 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR && errno != EAGAIN)
      return text;
  }
  return {};
}

}  // namespace taskdriver
