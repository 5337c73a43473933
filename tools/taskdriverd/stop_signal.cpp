// Blocks, waits for and then unblocks the signals that stop the server.
#include "tools/taskdriverd/stop_signal.hpp"

#include <signal.h>
#include <unistd.h>

#include "base/check.hpp"

namespace taskdriver::server {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

/// Only what a signal handler may call.
void exit_at_once(int) {
  static constexpr char text[] = "taskdriverd: second signal, not waiting any longer\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, sizeof text - 1);
  ::_exit(1);
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  TASKDRIVER_CHECK(::sigaction(number, &action, nullptr) == 0, "sigaction failed");
}

}  // namespace

stop_signal::stop_signal() {
  const auto set = stop_signals();
  TASKDRIVER_CHECK(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0, "pthread_sigmask failed");
  // A process started in the background of a shell script inherits an ignored SIGINT, and an
  // ignored signal is never seen by sigwait.
  handle(SIGTERM, exit_at_once);
  handle(SIGINT, exit_at_once);
  handle(SIGPIPE, SIG_IGN);
}

int stop_signal::wait() {
  const auto set = stop_signals();
  int number = 0;
  TASKDRIVER_CHECK(::sigwait(&set, &number) == 0, "sigwait failed");
  TASKDRIVER_CHECK(::pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0, "pthread_sigmask failed");
  return number;
}

}  // namespace taskdriver::server
