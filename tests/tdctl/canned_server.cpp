// Blocking sockets; the destructor wakes accept() by shutting the listening socket down.
#include "tests/tdctl/canned_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <sstream>

#include "tools/tdctl/run.hpp"

namespace taskdriver::testing {
namespace {

std::string lower(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string header(const std::string& head, const std::string& name) {
  const auto at = lower(head).find("\r\n" + name + ":");
  if (at == std::string::npos) return "";
  const auto begin = head.find_first_not_of(' ', at + name.size() + 3);
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

/// Reads until `done(text)`; what came before the end of the connection.
template <class Done>
void read_until(int fd, std::string& text, Done done) {
  char piece[4096];
  while (!done(text)) {
    const auto n = ::recv(fd, piece, sizeof piece, 0);
    if (n <= 0) return;
    text.append(piece, static_cast<std::size_t>(n));
  }
}

}  // namespace

canned_server::canned_server() : listen_fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof at;
  BOOST_REQUIRE(::bind(listen_fd_, reinterpret_cast<sockaddr*>(&at), bytes) == 0);
  BOOST_REQUIRE(::listen(listen_fd_, 16) == 0);
  BOOST_REQUIRE(::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&at), &bytes) == 0);
  port_ = ntohs(at.sin_port);
  thread_ = std::thread([this] { serve(); });
}

canned_server::~canned_server() {
  ::shutdown(listen_fd_, SHUT_RDWR);
  thread_.join();
  ::close(listen_fd_);
}

void canned_server::on(const std::string& what, canned_answer answer) {
  const std::lock_guard lock(mutex_);
  answers_[what].push_back(std::move(answer));
}

void canned_server::on_data(const std::string& what, const std::string& data) {
  on(what, {200, R"({"success":true,"data":)" + data + "}"});
}

std::vector<std::string> canned_server::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

std::string canned_server::authorization() const {
  const std::lock_guard lock(mutex_);
  return authorization_;
}

void canned_server::serve() {
  for (;;) {
    const int fd = ::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    serve_one(fd);
    ::close(fd);
  }
}

canned_answer canned_server::answer_to(const std::string& what) {
  const auto found = answers_.find(what);
  if (found == answers_.end()) return {404, R"({"success":false,"error":"Not found"})"};
  auto& waiting = found->second;
  const auto answer = waiting.front();
  if (waiting.size() > 1) waiting.erase(waiting.begin());
  return answer;
}

void canned_server::serve_one(int fd) {
  std::string text;
  read_until(fd, text, [](const std::string& t) { return t.find("\r\n\r\n") != t.npos; });
  const auto head_end = text.find("\r\n\r\n");
  if (head_end == std::string::npos) return;
  const auto head = text.substr(0, head_end + 2);
  const auto length = header(head, "content-length");
  const auto whole = head_end + 4 + (length.empty() ? 0 : std::stoul(length));
  read_until(fd, text, [&](const std::string& t) { return t.size() >= whole; });
  const auto what = head.substr(0, head.find(" HTTP/"));
  const auto body = text.substr(head_end + 4);
  canned_answer answer;
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(what + (body.empty() ? "" : " " + body));
    authorization_ = header(head, "authorization");
    answer = answer_to(what);
  }
  const auto reply =
      "HTTP/1.1 " + std::to_string(answer.status) +
      " X\r\nConnection: close\r\nContent-Length: " + std::to_string(answer.body.size()) +
      "\r\n\r\n" + answer.body;
  (void)::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
}

outcome run_tdctl(std::vector<std::string> arguments, const std::string& typed) {
  std::istringstream in(typed);
  std::ostringstream out, err;
  tdctl::console console{.in = in, .out = out, .err = err, .asks = !typed.empty()};
  const int code = tdctl::run(std::move(arguments), console);
  return {code, out.str(), err.str()};
}

outcome run_at(const canned_server& server, std::vector<std::string> arguments,
               const std::string& typed) {
  arguments.insert(arguments.end(), {"--url", server.url()});
  return run_tdctl(std::move(arguments), typed);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace taskdriver::testing
