// Texts of the register: golden files of every record, and that decoding is total.
#include "cluster/coordinator/register_codec.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "cluster/coordinator/register_keys.hpp"

namespace taskdriver::cluster {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(GOLDEN_DIR "/" + name, std::ios::binary);
  BOOST_TEST_REQUIRE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const cluster_record a_cluster{1, 16, 2, 1764000000000, 0xc1, {"n1", 0xa1}};
const node_record a_node{0xa1, "10.0.0.1:3100", "10.0.0.1:3000", node_state::draining};
const live_record a_live{0xa1, 0xfedcba9876543210, "0.1.0", "10.0.0.1:3100", ""};
const shard_configuration a_shard{7,    "n1", {{"n1", 0xa1}, {"n2", 0xb2}},
                                  true, 2,    {"n2", 0xfedcba9876543210, 12}};
const shard_placement a_placement{{"n1", "n2", "n3"}, "n2", 2, true};

template <class Record>
void is_written_and_read_as(const std::string& name, const Record& record,
                            result<Record> (*decode)(std::string_view)) {
  BOOST_TEST(encode(record) == golden(name));
  const auto read = decode(golden(name));
  BOOST_TEST_REQUIRE(read.ok());
  BOOST_TEST((read.value() == record));
}

/// Every prefix, every changed byte and every line left out or doubled: refused, or another record
/// that is written as it was read.
template <class Record>
void survives_damage(const std::string& text, result<Record> (*decode)(std::string_view)) {
  const auto fine = [&](const std::string& damaged) {
    const auto read = decode(damaged);
    if (read.ok()) BOOST_TEST((decode(encode(*read)).value() == *read));
    return read.ok();
  };
  for (std::size_t length = 0; length < text.size(); ++length) {
    const bool whole_lines = length > 0 && text[length - 1] == '\n';
    BOOST_TEST((!fine(text.substr(0, length)) || whole_lines));
  }
  for (std::size_t at = 0; at < text.size(); ++at)
    for (const int byte : {0, 0x0a, 0x20, 0x30, 0x7f, 0xff}) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(byte);
      fine(damaged);
    }
  BOOST_TEST(!fine(text + "surprise 1\n"));
  BOOST_TEST(!fine(text + "\n"));
  BOOST_TEST(!fine(text + text));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(register_texts)

BOOST_AUTO_TEST_CASE(are_those_of_version_1) {
  is_written_and_read_as("cluster", a_cluster, decode_cluster_record);
  is_written_and_read_as("node", a_node, decode_node_record);
  is_written_and_read_as("live", a_live, decode_live_record);
  is_written_and_read_as("shard", a_shard, decode_shard_configuration);
  is_written_and_read_as("placement", a_placement, decode_shard_placement);
}

BOOST_AUTO_TEST_CASE(give_an_error_and_never_half_a_record_when_damaged) {
  survives_damage(golden("cluster"), decode_cluster_record);
  survives_damage(golden("node"), decode_node_record);
  survives_damage(golden("live"), decode_live_record);
  survives_damage(golden("shard"), decode_shard_configuration);
  survives_damage(golden("placement"), decode_shard_placement);
}

BOOST_AUTO_TEST_CASE(of_a_newer_version_are_refused) {
  std::string newer = golden("shard");
  newer.replace(newer.find(" 1\n"), 3, " 2\n");
  const auto read = decode_shard_configuration(newer);
  BOOST_TEST_REQUIRE(!read.ok());
  BOOST_TEST(read.error().text.find("version") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(hold_records_with_nothing_in_them) {
  BOOST_TEST(
      (decode_shard_configuration(encode(shard_configuration{})).value() == shard_configuration{}));
  BOOST_TEST((decode_shard_placement(encode(shard_placement{})).value() == shard_placement{}));
  BOOST_TEST((decode_node_record(encode(node_record{})).value() == node_record{}));
  BOOST_TEST((decode_cluster_record(encode(cluster_record{})).value() == cluster_record{}));
}

BOOST_AUTO_TEST_CASE(that_name_a_member_twice_are_refused_and_unsorted_ones_sorted) {
  shard_configuration twice = a_shard;
  twice.in_sync[1] = twice.in_sync[0];
  BOOST_TEST(!decode_shard_configuration(encode(twice)).ok());
  shard_configuration unsorted = a_shard;
  std::swap(unsorted.in_sync[0], unsorted.in_sync[1]);
  BOOST_TEST((decode_shard_configuration(encode(unsorted)).value() == a_shard));
}

BOOST_AUTO_TEST_CASE(stand_under_keys_that_are_read_back) {
  const register_keys keys("test");
  BOOST_TEST(keys.shard(7) == "/taskdriver/test/shards/0007");
  BOOST_TEST(keys.live("n1") == "/taskdriver/test/live/n1");
  BOOST_TEST(register_keys::node_of(keys.live(), keys.live("n1")) == "n1");
  for (const std::uint16_t number : {0, 7, 9999, 10000, 65535})
    BOOST_TEST((register_keys::shard_of(keys.shards(), keys.shard(number)) == number));
  for (const std::string wrong : {"", "7", "007", "00007", "65536", "99999", "000x", "0007/x"})
    BOOST_TEST(!register_keys::shard_of(keys.shards(), keys.shards() + wrong).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster
