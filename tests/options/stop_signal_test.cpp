// SIGTERM, SIGINT and SIGPIPE in a child process, so that the tests' own signals stay as they are.
#include "tools/taskdriverd/stop_signal.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <thread>

namespace taskdriver::server {
namespace {

/// A child that reports over a pipe; ended and reaped with the fixture.
struct child_process {
  int report[2] = {-1, -1};
  pid_t pid = -1;

  child_process() { BOOST_TEST_REQUIRE(::pipe(report) == 0); }
  ~child_process() {
    if (pid > 0 && ::kill(pid, SIGKILL) == 0) ::waitpid(pid, nullptr, 0);
    ::close(report[0]);
    ::close(report[1]);
  }

  template <class Body>
  void start(Body body) {
    pid = ::fork();
    BOOST_TEST_REQUIRE(pid >= 0);
    if (pid == 0) ::_exit(body());
  }
  void say(char word) const { [[maybe_unused]] auto n = ::write(report[1], &word, 1); }
  char hear() const {
    char word = 0;
    BOOST_TEST(::read(report[0], &word, 1) == 1);
    return word;
  }
  int exit_code() {
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(pid, &status, 0) == pid);
    pid = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
};

BOOST_FIXTURE_TEST_SUITE(stop_signals, child_process)

BOOST_AUTO_TEST_CASE(the_first_is_returned_and_the_second_exits_at_once) {
  for (const int first : {SIGTERM, SIGINT}) {
    start([&] {
      stop_signal stop;
      say('r');
      say(stop.wait() == first ? 'y' : 'n');
      while (true) ::pause();
      return 0;
    });
    BOOST_TEST(hear() == 'r');
    ::kill(pid, first);
    BOOST_TEST(hear() == 'y');
    ::kill(pid, SIGTERM);
    BOOST_TEST(exit_code() == 1);
  }
}

BOOST_AUTO_TEST_CASE(other_threads_are_not_disturbed) {
  start([&] {
    stop_signal stop;
    std::thread other([&] { ::kill(::getpid(), SIGTERM); });
    const bool right = stop.wait() == SIGTERM;
    other.join();
    return right ? 0 : 3;
  });
  BOOST_TEST(exit_code() == 0);
}

BOOST_AUTO_TEST_CASE(an_interrupt_that_the_shell_ignores_still_stops) {
  start([&] {
    ::signal(SIGINT, SIG_IGN);
    stop_signal stop;
    ::kill(::getpid(), SIGINT);
    return stop.wait() == SIGINT ? 0 : 3;
  });
  BOOST_TEST(exit_code() == 0);
}

BOOST_AUTO_TEST_CASE(a_closed_pipe_is_an_error_and_not_the_end) {
  start([&] {
    stop_signal stop;
    int ends[2];
    if (::pipe(ends) != 0) return 4;
    ::close(ends[0]);
    return ::write(ends[1], "x", 1) == -1 && errno == EPIPE ? 0 : 3;
  });
  BOOST_TEST(exit_code() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::server
