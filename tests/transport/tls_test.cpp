// Mutual TLS on loopback, with certificates that the openssl command line makes for the test.
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "cluster/transport/tls_session.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/transport/loopback.hpp"

namespace {

using namespace taskdriver::testing;
using namespace taskdriver::cluster;
namespace fs = std::filesystem;

std::string output_of(const std::string& command) {
  std::string all;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  char piece[512];
  while (pipe && std::fgets(piece, sizeof piece, pipe)) all += piece;
  const int status = pipe ? ::pclose(pipe) : -1;
  return all + "exit " + std::to_string(status);
}

/// A folder with two authorities and what they signed; made once.
class certificates {
public:
  certificates() {
    authority("ca");
    authority("foreign_ca");
    sign("nodes", "any node", "ca", 2);
    sign("only_a", "a.node.taskdriver", "ca", 2);
    sign("expired", "any node", "ca", -1);
    sign("foreign", "any node", "foreign_ca", 2);
  }
  std::string path(const std::string& file) const { return folder_.path() + "/" + file; }
  tls_files files(const std::string& name) const {
    return {path("ca.pem"), path(name + ".pem"), path(name + ".key")};
  }
  peer_network_options options(const std::string& name) const {
    peer_network_options options;
    options.tls = files(name);
    return options;
  }

private:
  void run(const std::string& arguments) {
    const auto said = output_of("cd " + folder_.path() + " && openssl " + arguments);
    BOOST_REQUIRE_MESSAGE(said.ends_with("exit 0"), said);
  }
  static std::string new_key(const std::string& name) {
    return " -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout " + name + ".key";
  }
  void authority(const std::string& name) {
    run("req -x509 -days 2 -subj /CN=" + name + new_key(name) + " -out " + name + ".pem");
  }
  void sign(const std::string& name, const std::string& common_name, const std::string& by,
            int days) {
    run("req -subj '/CN=" + common_name + "'" + new_key(name) + " -out " + name + ".csr");
    run("x509 -req -in " + name + ".csr -CA " + by + ".pem -CAkey " + by +
        ".key -CAcreateserial -days " + std::to_string(days) + " -out " + name + ".pem");
  }
  taskdriver::testing::temporary_directory folder_;
};

const certificates& made() {
  static const certificates all;
  return all;
}

/// What a client with this certificate (empty: none) hears from the node until it hangs up.
std::string heard_by_client(const loopback_node& node, const std::string& certificate) {
  std::string command = "timeout 20 openssl s_client -ign_eof -connect 127.0.0.1:" +
                        std::to_string(node.network->port()) + " -CAfile " + made().path("ca.pem");
  if (!certificate.empty())
    command += " -cert " + made().path(certificate + ".pem") + " -key " +
               made().path(certificate + ".key");
  return output_of(command + " </dev/null");
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A slow machine is silent for long while it encrypts the largest frame.
peer_network_options patient(peer_network_options options) {
  options.limits.silence_ms = 20'000;
  return options;
}

std::string start_error(const tls_files& files) {
  recording_observer told;
  peer_network_options options;
  options.tls = files;
  const auto started = caf_peer_network::start({"test", "a", 1, 1}, options, told);
  return started.ok() ? "" : started.error().text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls)

BOOST_AUTO_TEST_CASE(nodes_with_certificates_of_one_authority_connect) {
  loopback_node a("a", 1, patient(made().options("only_a")));
  loopback_node b("b", 1, patient(made().options("nodes")));
  connect_all({&a, &b});
  BOOST_TEST((a.send("b", "1") && b.send("a", "2")));
  BOOST_TEST(a.send("b", std::string(main_frame_bytes_max - 1, 'm')));
  BOOST_TEST(a.send("b", "3"));
  BOOST_TEST(b.told.wait_for("a:3"));
  BOOST_TEST(a.told.wait_for("b:2"));
  BOOST_TEST(b.told.bytes() == 2 + main_frame_bytes_max + 2);
}

BOOST_AUTO_TEST_CASE(a_certificate_that_names_another_node_is_refused) {
  loopback_node b("b", 1, made().options("only_a")), c("c", 1, made().options("nodes"));
  loopback_node a("a", 1, made().options("only_a"));
  const std::vector<peer_address> all = {a.address(), b.address(), c.address()};
  for (auto* node : {&a, &b, &c}) node->network->set_peers(all);
  BOOST_TEST(c.told.wait_for("+a"));
  BOOST_TEST(!c.network->connected("b"));
  BOOST_TEST(!a.network->connected("b"));
}

BOOST_AUTO_TEST_CASE(clients_without_a_good_certificate_get_an_alert) {
  loopback_node node("n", 1, made().options("nodes"));
  node.network->set_peers({{"a", "127.0.0.1", 1}});
  BOOST_TEST(contains(heard_by_client(node, ""), "certificate required"));
  BOOST_TEST(contains(heard_by_client(node, "expired"), "certificate expired"));
  BOOST_TEST(contains(heard_by_client(node, "foreign"), "unknown ca"));
  BOOST_TEST(node.told.take().empty());
}

BOOST_AUTO_TEST_CASE(a_node_in_the_clear_and_one_with_tls_do_not_connect) {
  peer_network_options quick = made().options("nodes");
  quick.limits.handshake_ms = 200;
  loopback_node b("b", 1, quick), c("c", 1, made().options("nodes"));
  loopback_node a("a");
  for (auto* node : {&a, &b, &c}) node->network->set_peers({a.address(), b.address(), c.address()});
  BOOST_TEST(b.told.wait_for("+c"));
  raw_socket in_the_clear(b.network->port());
  in_the_clear.send(encode_hello(hello_of("a", peer_lane::main)));
  BOOST_TEST(in_the_clear.ends());
  BOOST_TEST((!b.network->connected("a") && !a.network->connected("b")));
}

BOOST_AUTO_TEST_CASE(files_that_cannot_work_are_told_at_the_start) {
  auto files = made().files("nodes");
  BOOST_TEST(start_error(files) == "");
  files.key = made().path("only_a.key");
  BOOST_TEST(contains(start_error(files), "only_a.key: "));
  files = made().files("nodes");
  files.certificate = made().path("no_such_file.pem");
  BOOST_TEST(contains(start_error(files), "no_such_file.pem: No such file or directory"));
  BOOST_TEST(contains(start_error(made().files("expired")), "certificate has expired"));
  BOOST_TEST(contains(start_error(made().files("foreign")), "foreign.pem: unable to get"));
  files = made().files("nodes");
  files.ca = made().path("nodes.key");
  BOOST_TEST(contains(start_error(files), "nodes.key: "));
  files.ca = made().path("no_such_file.pem");
  BOOST_TEST(contains(start_error(files), "no_such_file.pem: No such file or directory"));
}

BOOST_AUTO_TEST_CASE(only_names_of_the_documented_form_name_a_node) {
  BOOST_TEST(node_of_certificate_name("n1.node.taskdriver") == "n1");
  BOOST_TEST(node_of_certificate_name("a.b.node.taskdriver") == "a.b");
  BOOST_TEST(node_of_certificate_name(".node.taskdriver") == "");
  BOOST_TEST(node_of_certificate_name("n1.example.org") == "");
}

BOOST_AUTO_TEST_SUITE_END()
