// Reports between nodes: their bytes, and what follows from a node that leaves.
#include <boost/test/unit_test.hpp>

#include "cluster/node/node_report.hpp"
#include "cluster/node/peer_reports.hpp"

namespace taskdriver::testing {
namespace {

using cluster::node_report;
using cluster::replica_role;

const node_report a_report{true,
                           {{shard_id{3}, replica_role::primary, true, 7, 100, 99, 98, 97},
                            {shard_id{4}, replica_role::learner, false, 1, 0, 0, 0, 0}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_report_of_a_node)

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written_and_no_other_way) {
  const auto bytes = encode_node_report(a_report);
  const auto read = cluster::decode_node_report(bytes);
  BOOST_TEST_REQUIRE(read.ok());
  BOOST_TEST((*read == a_report));
  for (std::size_t length = 0; length < bytes.size(); ++length)
    BOOST_TEST(!cluster::decode_node_report(bytes.substr(0, length)).ok());
  BOOST_TEST(!cluster::decode_node_report(bytes + "x").ok());
}

BOOST_AUTO_TEST_CASE(takes_a_leaving_node_out_of_the_wishes_until_it_is_back) {
  cluster::peer_reports reports;
  const cluster::shard_placement wanted{.replicas = {"a", "b", "c"}, .primary = "a"};
  BOOST_TEST(reports.take("a", encode_node_report(a_report), 0));
  const auto rest = reports.without_leaving(wanted);
  BOOST_TEST((rest.replicas == std::vector<cluster::node_name>{"b", "c"}));
  BOOST_TEST(rest.primary.empty());
  BOOST_TEST(reports.disconnected("a"));
  BOOST_TEST((reports.without_leaving(wanted) == wanted));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::testing
