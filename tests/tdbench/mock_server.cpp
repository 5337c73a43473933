// The stand-in server: one thread, epoll, canned answers around a queue of instructions.
#include "tests/tdbench/mock_server.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "tools/tdbench/json_scan.hpp"

namespace taskdriver::bench {
namespace {

constexpr std::string_view done_json = R"({"data":{"id":"00000000-aaaa"},"success":true})";
constexpr std::string_view empty_json =
    R"({"data":{"task":null},"error":"No tasks available","success":false})";

void watch(int epoll_fd, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/// True as often as the knob says; counts it down.
bool take_one(std::atomic<int>& knob) {
  if (knob <= 0) return false;
  --knob;
  return true;
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view name = "Content-Length: ";
  const std::size_t at = head.find(name);
  return at == std::string_view::npos ? 0 : std::stoul(std::string(head.substr(at + name.size())));
}

}  // namespace

mock_server::mock_server() {
  listen_fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  TASKDRIVER_CHECK(bind(listen_fd_, generic, length) == 0, "bind failed");
  TASKDRIVER_CHECK(listen(listen_fd_, SOMAXCONN) == 0, "listen failed");
  getsockname(listen_fd_, generic, &length);
  port_ = ntohs(address.sin_port);
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  watch(epoll_fd_, listen_fd_);
  thread_ = std::thread([this] { serve(); });
}

mock_server::~mock_server() {
  stopping_ = true;
  thread_.join();
  for (const auto& [fd, ignored] : clients_) close(fd);
  close(listen_fd_);
  close(epoll_fd_);
}

void mock_server::serve() {
  std::array<epoll_event, 64> events;
  while (!stopping_) {
    const int count = epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), 20);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listen_fd_) {
        accept_clients();
        continue;
      }
      if ((events[i].events & EPOLLOUT) != 0) write_to(fd);
      if ((events[i].events & ~std::uint32_t{EPOLLOUT}) != 0) read_from(fd);
    }
  }
}

void mock_server::accept_clients() {
  for (;;) {
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    clients_[fd] = {};
    watch(epoll_fd_, fd);
  }
}

void mock_server::drop(int fd) {
  clients_.erase(fd);
  std::erase(parked_, fd);
  close(fd);
}

void mock_server::read_from(int fd) {
  const auto found = clients_.find(fd);
  if (found == clients_.end()) return;
  std::array<char, 65536> bytes;
  const ssize_t count = recv(fd, bytes.data(), bytes.size(), 0);
  if (count <= 0) return drop(fd);
  found->second.in.append(bytes.data(), static_cast<std::size_t>(count));
  while (clients_.contains(fd) && serve_one(fd, clients_[fd])) {
  }
}

bool mock_server::serve_one(int fd, client& from) {
  const std::size_t head_end = from.in.find("\r\n\r\n");
  if (head_end == std::string::npos) return false;
  const std::string_view head = std::string_view(from.in).substr(0, head_end);
  const std::size_t whole = head_end + 4 + content_length(head);
  if (from.in.size() < whole) return false;
  const std::string text = from.in.substr(0, whole);
  from.in.erase(0, whole);
  const std::string_view view = text;
  const std::size_t method_end = view.find(' ');
  const std::size_t target_end = view.find(' ', method_end + 1);
  handle(fd, {view.substr(0, method_end), view.substr(method_end + 1, target_end - method_end - 1),
              view.substr(head_end + 4)});
  return true;
}

void mock_server::handle(int fd, const request& asked) {
  if (asked.method == "DELETE") {
    ++projects_deleted;
    return answer(fd, 200, R"({"success":true,"data":{"message":"deleted"}})");
  }
  if (asked.target == "/metrics") {
    return answer(fd, 200, "taskdriver_log_fsyncs_total " + std::to_string(tasks_created) + "\n");
  }
  if (asked.target == "/api/auth/login") return handle_login(fd);
  if (asked.target.ends_with("/next-task")) return handle_claim(fd, asked);
  if (asked.target.ends_with("/complete") || asked.target.ends_with("/fail"))
    return handle_ending(fd, asked);
  if (asked.target == "/api/projects") ++projects_made;
  if (asked.target.ends_with("/tasks")) {
    add_task(find_string_field(asked.body, 1, "instructions").value_or(""));
  }
  if (!asked.target.ends_with("/bulk")) return answer(fd, 201, done_json);
  int count = 0;
  std::size_t at = asked.body.find("\"instructions\":\"");
  for (; at != std::string_view::npos; at = asked.body.find("\"instructions\":\"", at + 1)) {
    const std::size_t start = at + 16;
    add_task(asked.body.substr(start, asked.body.find('"', start) - start));
    ++count;
  }
  answer(fd, 201,
         R"({"data":{"createdTasks":[{"tasksCreated":7}],"tasksCreated":)" + std::to_string(count) +
             R"(},"success":true})");
}

void mock_server::handle_login(int fd) {
  if (refuse_logins) return answer(fd, 401, R"({"success":false,"error":"who are you"})");
  ++logins;
  answer(fd, 200, R"({"data":{"token":"secret","sessionId":"s"},"success":true})");
}

void mock_server::handle_claim(int fd, const request& asked) {
  if (take_one(refuse_claims)) {
    return answer(fd, 503, R"({"success":false,"error":"not now"})");
  }
  const std::string_view path = asked.target.substr(0, asked.target.rfind('/'));
  clients_[fd].agent_name = path.substr(path.rfind('/') + 1);
  if (!queue_.empty()) {
    const std::string instructions = std::move(queue_.front());
    queue_.pop_front();
    return answer_claim(fd, instructions);
  }
  if (find_number_field(asked.body, 1, "waitSeconds") && !take_one(end_polls)) {
    return parked_.push_back(fd);
  }
  answer(fd, 200, empty_json);
}

void mock_server::handle_ending(int fd, const request& asked) {
  if (take_one(break_completes)) return drop(fd);
  ++tasks_completed;
  const std::string_view path = asked.target.substr(0, asked.target.rfind('/'));
  const std::string id(path.substr(path.rfind('/') + 1));
  answer(fd, 200, R"({"data":{"id":")" + id + R"("},"success":true})");
}

void mock_server::add_task(std::string_view instructions) {
  ++tasks_created;
  if (parked_.empty()) return queue_.emplace_back(instructions), void();
  for (int copies = deliver_twice ? 2 : 1; copies > 0 && !parked_.empty(); --copies) {
    const int fd = parked_.front();
    parked_.pop_front();
    answer_claim(fd, std::string(instructions));
  }
}

void mock_server::answer_claim(int fd, const std::string& instructions) {
  const std::string name = take_one(misdirect_claims) ? "somebody" : clients_[fd].agent_name;
  answer(fd, 200,
         R"({"data":{"agentName":")" + name +
             R"(","id":"00000000-0000-8000-8000-000000000000","task":{"attempts":[{"id":"1"}],)"
             R"("id":"00000000-0000-8000-8000-000000000000","instructions":")" +
             instructions + R"("}},"success":true})");
}

void mock_server::answer(int fd, int status, std::string_view body) {
  std::string& out = clients_[fd].out;
  out += "HTTP/1.1 " + std::to_string(status) + " Any\r\nContent-Type: application/json\r\n";
  if (status == 503) out += "Retry-After: 0\r\n";
  if (chunked) {
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", body.size());
    out.append("Transfer-Encoding: chunked\r\n\r\n").append(size).append(body);
    out += "\r\n0\r\n\r\n";
  } else {
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    out += body;
  }
  write_to(fd);
}

void mock_server::write_to(int fd) {
  std::string& out = clients_[fd].out;
  const ssize_t sent = send(fd, out.data(), out.size(), MSG_NOSIGNAL);
  if (sent > 0) out.erase(0, static_cast<std::size_t>(sent));
  epoll_event event{};
  event.events = out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT;
  event.data.fd = fd;
  if (!out.empty()) epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
}

}  // namespace taskdriver::bench
