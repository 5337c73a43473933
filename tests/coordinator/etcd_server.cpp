// Ports, directories and a child process for the tests against etcd itself.
#include "tests/coordinator/etcd_server.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <future>

#include "cluster/coordinator/etcd_json.hpp"

namespace taskdriver::testing {
namespace {

/// A socket bound to `port` of loopback (0: any); -1 if that is taken.
int bound_socket(std::uint16_t port, std::uint16_t& got) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, any, size) != 0 || ::getsockname(fd, any, &size) != 0) {
    ::close(fd);
    return -1;
  }
  got = ntohs(address.sin_port);
  return fd;
}

}  // namespace

std::uint16_t free_port_pair() {
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::uint16_t lower = 0, upper = 0;
    const int first = bound_socket(0, lower);
    const int second = bound_socket(static_cast<std::uint16_t>(lower + 1), upper);
    ::close(first);
    if (second < 0) continue;
    ::close(second);
    return upper;
  }
  BOOST_FAIL("no free ports");
  return 0;
}

std::uint16_t free_port() {
  std::uint16_t port = 0;
  ::close(bound_socket(0, port));
  return port;
}

etcd_server::etcd_server() {
  options_.data_dir = directory_.path() + "/etcd";
  options_.cluster = "test";
  options_.node = "n1";
  options_.peers = {{"n1", "127.0.0.1", free_port_pair()}};
  start();
}

void etcd_server::start() {
  member_ = std::make_unique<cluster::managed_etcd>(options_);
  BOOST_TEST_REQUIRE(member_->wait_until_healthy(15'000), "etcd does not start");
}

std::string etcd_server::endpoint() const {
  return cluster::managed_endpoints(options_).front();
}

std::string etcd_server::ask(const std::string& path, const std::string& body) const {
  cluster::http_loop loop({});
  std::promise<std::string> answer;
  loop.run_soon([&] {
    cluster::http_post request;
    request.url = endpoint() + path;
    request.body = body;
    loop.post(request, [&](const cluster::http_answer& a) { answer.set_value(a.body); });
  });
  return answer.get_future().get();
}

void etcd_server::compact() {
  const auto now = cluster::read_range_answer(ask("/v3/kv/range", cluster::probe_request("x")));
  BOOST_TEST_REQUIRE(now.ok());
  const std::string body =
      R"({"physical":true,"revision":")" + std::to_string(now->revision) + R"("})";
  const std::string answer = ask("/v3/kv/compaction", body);
  BOOST_TEST(answer.find("header") != std::string::npos, answer);
}

}  // namespace taskdriver::testing
