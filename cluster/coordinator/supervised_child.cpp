// fork, exec, poll, wait: one thread per child.
#include "cluster/coordinator/supervised_child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "base/thread_name.hpp"
#include "base/time.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::size_t line_bytes_max = 4096;
constexpr std::int64_t forgiven_after_ms = 60'000;
/// Between two looks whether the child, which closed its stderr, has ended.
constexpr std::int64_t look_ms = 100;
constexpr std::int64_t end_look_ms = 20;
constexpr int could_not_start = 127;

std::int64_t now_ms() {
  return system_time().now().steady_ms;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> found;
  for (std::string& text : texts) found.push_back(text.data());
  found.push_back(nullptr);
  return found;
}

/// Between fork and exec: async-signal-safe calls only, other threads may have held any lock.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment,
                         int to_stderr, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(could_not_start);  // it died before the line above
  ::setpgid(0, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGCHLD}) ::signal(number, SIG_DFL);
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, STDIN_FILENO);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(to_stderr, STDERR_FILENO);
  // Sockets and files of the server are not the child's.
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
  ::execve(program, arguments, environment);
  ::_exit(could_not_start);
}

}  // namespace

supervised_child::supervised_child(child_options options)
    : options_(std::move(options)), stop_event_(::eventfd(0, EFD_CLOEXEC)) {
  TASKDRIVER_CHECK(stop_event_ >= 0, "the kernel must give an eventfd");
  thread_ = std::thread([this] { run(); });
}

supervised_child::~supervised_child() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_event_, &one, sizeof one);
  thread_.join();
  ::close(stop_event_);
}

void supervised_child::run() {
  name_this_thread("etcd-child");
  std::int64_t pause_ms = options_.restart_ms_min;
  do {
    const std::int64_t started_ms = now_ms();
    if (start()) attend();
    if (now_ms() - started_ms > forgiven_after_ms) pause_ms = options_.restart_ms_min;
    if (wait_for_stop(0)) return end();
  } while (
      !wait_for_stop(std::exchange(pause_ms, std::min(pause_ms * 2, options_.restart_ms_max))));
}

bool supervised_child::start() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  std::vector<std::string> arguments = options_.arguments;
  arguments.insert(arguments.begin(), options_.program);
  std::vector<std::string> environment = options_.environment;
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(options_.program.c_str(), argv.data(), envp.data(), ends[1], parent);
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    log_event(log_level::warn, "child process not started", {{"name", options_.name}});
    return false;
  }
  stderr_ = ends[0];
  pid_ = child;
  ++starts_;
  log_event(log_level::info, "child process started", {{"name", options_.name}, {"pid", child}});
  return true;
}

void supervised_child::attend() {
  char bytes[4096];
  pollfd waits[2] = {{stop_event_, POLLIN, 0}, {stderr_, POLLIN, 0}};
  while (::poll(waits, 2, -1) > 0 || errno == EINTR) {
    if (waits[0].revents != 0) return;
    if (waits[1].revents == 0) continue;
    const ssize_t count = ::read(stderr_, bytes, sizeof bytes);
    if (count <= 0) break;
    log_lines({bytes, static_cast<std::size_t>(count)});
  }
  while (pid_ != 0) {
    reap(WNOHANG);
    if (pid_ != 0 && wait_for_stop(look_ms)) return;
  }
}

void supervised_child::end() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGTERM);
  const std::int64_t deadline_ms = now_ms() + options_.stop_ms;
  pollfd wait{stderr_, POLLIN, 0};
  char bytes[4096];
  while (pid_ != 0 && now_ms() < deadline_ms) {
    // Its last lines; once it closed its stderr (-1 is ignored by poll) only its end is awaited.
    if (::poll(&wait, 1, static_cast<int>(end_look_ms)) > 0) {
      const ssize_t count = ::read(stderr_, bytes, sizeof bytes);
      if (count > 0) log_lines({bytes, static_cast<std::size_t>(count)});
      if (count <= 0) wait.fd = -1;
    }
    reap(WNOHANG);
  }
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  reap(0);
}

void supervised_child::reap(int wait_options) {
  int status = 0;
  if (::waitpid(pid_, &status, wait_options) != pid_) return;
  const bool by_signal = WIFSIGNALED(status);
  log_event(
      wait_for_stop(0) ? log_level::info : log_level::warn, "child process ended",
      {{"name", options_.name},
       {"pid", pid_.load()},
       {by_signal ? "signal" : "exit_code", by_signal ? WTERMSIG(status) : WEXITSTATUS(status)},
       {"last_line", utf8_prefix(line_, 300)}});
  pid_ = 0;
  line_.clear();
  ::close(std::exchange(stderr_, -1));
}

/// Keeps the last line, too: it tells why a child ended.
void supervised_child::log_lines(std::string_view bytes) {
  for (const char c : bytes) {
    const bool over = !line_.empty() && (line_.back() == '\n' || line_.size() >= line_bytes_max);
    if (over) line_.clear();
    line_ += c;
    if (c == '\n' && log_enabled(log_level::debug))
      log_event(log_level::debug, "child process says",
                {{"name", options_.name}, {"line", line_.substr(0, line_.size() - 1)}});
  }
}

bool supervised_child::wait_for_stop(std::int64_t ms) const {
  pollfd wait{stop_event_, POLLIN, 0};
  return ::poll(&wait, 1, static_cast<int>(ms)) > 0;
}

}  // namespace taskdriver::cluster
