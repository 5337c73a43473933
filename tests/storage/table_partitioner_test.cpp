// Tables end where a kind of records ends, unless they would be small.
#include "storage/table_partitioner.hpp"

#include <rocksdb/metadata.h>

#include <boost/test/unit_test.hpp>
#include <random>

#include "storage/engine.hpp"
#include "storage/key_codec.hpp"
#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage {
namespace {

constexpr std::uint64_t large = std::uint64_t{1} << 20;

/// What does not compress.
std::string noise(std::mt19937& random, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

struct two_keys {
  std::unique_ptr<rocksdb::SstPartitioner> partitioner =
      partition_by_kind()->CreatePartitioner(rocksdb::SstPartitioner::Context{});

  bool splits(std::uint64_t bytes_so_far, const std::string& before, const std::string& next) {
    const rocksdb::Slice a = before;
    const rocksdb::Slice b = next;
    return partitioner->ShouldPartition({a, b, bytes_so_far}) == rocksdb::kRequired;
  }
  static std::string key(std::uint32_t project, record_kind kind, std::uint64_t task) {
    key_maker keys(shard_id{3}, project_number{project});
    return std::string(keys.task(kind, sequence{task}));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(table_partitioner, two_keys)

BOOST_AUTO_TEST_CASE(splits_between_kinds_and_between_projects) {
  const auto last_spec = key(1, record_kind::spec, 9);
  BOOST_TEST(splits(large, last_spec, key(1, record_kind::progress, 1)));
  BOOST_TEST(splits(large, last_spec, key(2, record_kind::spec, 1)));
}

BOOST_AUTO_TEST_CASE(keeps_one_kind_together) {
  BOOST_TEST(!splits(large, key(1, record_kind::spec, 1), key(1, record_kind::spec, 1'000'000)));
}

BOOST_AUTO_TEST_CASE(keeps_small_projects_together) {
  BOOST_TEST(!splits(large - 1, key(1, record_kind::spec, 9), key(2, record_kind::spec, 1)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(compacted_state, testing::store_fixture)

BOOST_AUTO_TEST_CASE(has_no_table_of_two_kinds) {
  const auto store = open();
  const engine& inside = store->internals();
  std::mt19937 random(7);
  for (const auto kind : {record_kind::spec, record_kind::progress, record_kind::by_type})
    for (std::uint64_t task = 1; task <= 3000; ++task) {
      const std::string value = noise(random, 1000);
      BOOST_REQUIRE(inside.db().Put({}, inside.state, two_keys::key(1, kind, task), value).ok());
    }
  rocksdb::CompactRangeOptions all;
  all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  BOOST_REQUIRE(inside.db().CompactRange(all, inside.state, nullptr, nullptr).ok());
  std::vector<rocksdb::LiveFileMetaData> tables;
  inside.db().GetLiveFilesMetaData(&tables);
  BOOST_TEST(tables.size() >= 3u);
  for (const auto& table : tables)
    if (table.size >= large && table.column_family_name == "state")
      BOOST_TEST((kind_of(table.smallestkey) == kind_of(table.largestkey)), table.name);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage
