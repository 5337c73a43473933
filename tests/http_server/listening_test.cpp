// Binding: a port is ours alone or the start fails, however many sockets of our own share it.
#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "http/server/listening_sockets.hpp"
#include "tests/http_server/test_server.hpp"

namespace taskdriver::http::test {

BOOST_AUTO_TEST_SUITE(listening)

BOOST_AUTO_TEST_CASE(fails_on_a_port_that_a_server_like_this_one_has) {
  test_server first({.io_threads = 2});
  server second({.port = first.port(), .io_threads = 2}, [](request&&, responder) {});
  const auto started = second.start();
  BOOST_REQUIRE(!started.ok());
  BOOST_TEST((started.error().code == errc::unavailable));
  BOOST_TEST(started.error().text.find("in use") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(fails_on_a_port_whose_owner_offers_to_share) {
  auto sharing = listening_sockets::open("127.0.0.1", 0, 2, 16);  // SO_REUSEPORT, as we do
  BOOST_REQUIRE(sharing.ok());
  BOOST_TEST(!listening_sockets::open("127.0.0.1", sharing->port(), 2, 16).ok());
  BOOST_TEST(!listening_sockets::open("0.0.0.0", sharing->port(), 1, 16).ok());
}

BOOST_AUTO_TEST_CASE(fails_on_a_host_that_is_unknown_or_not_here) {
  BOOST_TEST(!listening_sockets::open("no such host", 0, 1, 16).ok());
  BOOST_TEST(!listening_sockets::open("192.0.2.1", 0, 1, 16).ok());
}

BOOST_AUTO_TEST_CASE(binds_the_port_again_right_after_a_server_has_ended) {
  std::uint16_t port = 0;
  {
    test_server first;
    port = first.port();
    client c = first.connect();
    c.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");  // leaves TIME_WAIT behind
  }
  BOOST_TEST(listening_sockets::open("127.0.0.1", port, 2, 16).ok());
}

BOOST_AUTO_TEST_CASE(serves_on_all_io_threads) {
  test_server server({.io_threads = 4});
  std::vector<client> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(server.connect());
  for (client& c : clients) BOOST_TEST(c.ask(get("/later")).status == 200);
  BOOST_TEST(server.running().statistics().connections_open == 64u);
}

BOOST_AUTO_TEST_CASE(tells_an_ipv4_client_by_its_ipv4_address_on_any_socket) {
  if (!listening_sockets::open("::", 0, 1, 16).ok()) return;  // a machine without IPv6
  server dual({.host = "::", .port = 0},
              [](request&& r, responder a) { a.send({.body = r.remote_ip}); });
  BOOST_REQUIRE(dual.start().ok());
  BOOST_TEST(client(dual.port()).ask(get("/")).body == "127.0.0.1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::http::test
