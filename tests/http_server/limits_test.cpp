// Slow, greedy and too many clients: each ends by its limit, and the others do not notice.
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include <dirent.h>
#include <sys/resource.h>

#include "tests/http_server/test_server.hpp"

namespace taskdriver::http::test {
namespace {

server_options quick(void (*change)(server_limits&)) {
  server_options o;
  o.limits.sweep_ms = 10;
  change(o.limits);
  return o;
}

/// Lets the process open only `more` descriptors beyond what it has; undone at its end.
class few_descriptors {
public:
  explicit few_descriptors(unsigned more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit now = before_;
    now.rlim_cur = open_now() + more;
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~few_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
  static rlim_t open_now() {
    rlim_t highest = 0;
    DIR* dir = ::opendir("/proc/self/fd");
    while (const dirent* e = ::readdir(dir)) {
      if (e->d_name[0] != '.') highest = std::max<rlim_t>(highest, std::stoul(e->d_name));
    }
    ::closedir(dir);
    return highest + 1;
  }
  rlimit before_{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(limits)

BOOST_AUTO_TEST_CASE(a_slow_head_gets_408) {
  test_server server(quick([](server_limits& l) { l.header_ms = 50; }));
  client c = server.connect();
  BOOST_TEST(c.ask("GET / HTTP/1.1\r\nHo").status == 408);
  BOOST_TEST(c.sees_close());
}

BOOST_AUTO_TEST_CASE(a_slow_body_gets_408) {
  test_server server(quick([](server_limits& l) { l.body_ms = 50; }));
  client c = server.connect();
  BOOST_TEST(c.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n1").status == 408);
  BOOST_TEST(c.sees_close());
}

BOOST_AUTO_TEST_CASE(a_slow_chunk_gets_408) {
  test_server server(quick([](server_limits& l) { l.body_ms = 50; }));
  client c = server.connect();
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  BOOST_TEST(c.ask(head + "5\r\nhel").status == 408);
  BOOST_TEST(c.sees_close());
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_without_a_word) {
  test_server server(quick([](server_limits& l) { l.idle_ms = 50; }));
  client fresh = server.connect();
  BOOST_TEST(fresh.sees_close());
  client used = server.connect();
  used.ask(get("/"));
  BOOST_TEST(used.sees_close());
}

BOOST_AUTO_TEST_CASE(a_client_that_never_reads_is_dropped_while_others_are_served) {
  test_server server(quick([](server_limits& l) { l.write_ms = 200; }));
  client slow(server.port(), 4096);
  slow.send(get("/big") + get("/big"));
  client other = server.connect();
  BOOST_TEST(other.ask(get("/")).status == 200);
  BOOST_TEST(eventually([&] { return server.running().statistics().connections_open == 1; }));
  BOOST_TEST(other.ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_CASE(one_connection_too_many_gets_503) {
  test_server server(quick([](server_limits& l) { l.connections_max = 2; }));
  client first = server.connect();
  client second = server.connect();
  first.ask(get("/"));
  second.ask(get("/"));
  client third = server.connect();
  const client_response r = third.receive();
  BOOST_TEST(r.status == 503);
  BOOST_TEST(r.has("Connection: close\r\n"));
  BOOST_TEST(third.sees_close());
  first.close();
  BOOST_TEST(eventually([&] { return server.running().statistics().connections_open == 1; }));
  BOOST_TEST(server.connect().ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_CASE(connections_wait_while_descriptors_are_short) {
  test_server server(quick([](server_limits&) {}));
  client served = server.connect();
  served.ask(get("/"));
  const few_descriptors scarcity(20);
  std::vector<client> clients;
  try {
    for (;;) clients.push_back(server.connect());  // the kernel completes them in the backlog
  } catch (const std::runtime_error&) {            // EMFILE on our side as well
  }
  BOOST_REQUIRE(clients.size() > 4u);
  BOOST_TEST(served.ask(get("/")).status == 200);
  client last = std::move(clients.back());
  clients.clear();
  BOOST_TEST(last.ask(get("/")).status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::http::test
