// A child process that is kept running: started again when it ends, gone when its parent is.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace taskdriver::cluster {

struct child_options {
  std::string name;                      // in the log
  std::string program;                   // a path
  std::vector<std::string> arguments;    // without argv[0]
  std::vector<std::string> environment;  // "NAME=value": all that the child gets
  std::int64_t restart_ms_min = 500;     // back-off after it ended, doubled up to the max
  std::int64_t restart_ms_max = 10'000;
  std::int64_t stop_ms = 5000;  // from SIGTERM to SIGKILL
};

///   started --ended (warn)--> pause, longer each time --> started ... --stop--> SIGTERM, SIGKILL
///
/// A child that ran for a minute is forgiven its past. Its stderr becomes lines of the log at
/// debug; stdin and stdout are /dev/null. It has a process group of its own, so that a Ctrl-C in a
/// terminal reaches its parent first, and gets SIGKILL when this process dies (by any means).
/// Thread: any. Owns: a thread, since the kernel ties that SIGKILL to the thread that forked.
class supervised_child {
public:
  explicit supervised_child(child_options options);
  /// Ends the child and waits for that, at most stop_ms and what SIGKILL takes.
  ~supervised_child();

  /// 0 while it is not running.
  pid_t pid() const { return pid_; }
  /// How often it was started.
  int starts() const { return starts_; }

private:
  void run();
  bool start();
  /// Reads stderr until the child has ended or a stop is asked for.
  void attend();
  void end();
  void reap(int wait_options);
  void log_lines(std::string_view bytes);
  bool wait_for_stop(std::int64_t ms) const;

  const child_options options_;
  int stop_event_ = -1;
  int stderr_ = -1;
  std::string line_;
  std::atomic<pid_t> pid_ = 0;
  std::atomic<int> starts_ = 0;
  std::thread thread_;
};

}  // namespace taskdriver::cluster
