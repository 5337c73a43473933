// Ids: every bit in its place, and shards that never move.
#include "base/ids.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <set>

namespace taskdriver {

BOOST_AUTO_TEST_SUITE(an_id)

BOOST_AUTO_TEST_CASE(gives_back_what_it_was_made_of) {
  std::mt19937_64 random(1);
  for (const std::uint32_t project : {0u, 1u, 0x12345678u, 0xffffffffu})
    for (const std::uint64_t seq :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0xffff}, std::uint64_t{0x10000},
          std::uint64_t{0xabcdef12345}, sequence_max}) {
      const auto id = object_id::make(project_number{project}, sequence{seq}, random());
      BOOST_TEST(raw(id.project()) == project);
      BOOST_TEST(raw(id.seq()) == seq);
      BOOST_TEST((object_id::parse(id.text()) == id));
      BOOST_TEST((object_id::from_bytes(id.bytes()) == id));
    }
}

BOOST_AUTO_TEST_CASE(has_the_documented_layout) {
  const auto ones = ~std::uint64_t{0};
  BOOST_TEST(object_id::make(project_number{0x12345678}, sequence{0xabcdef12345}, 0).text() ==
             "12345678-abcd-8ef1-88d1-400000000000");
  BOOST_TEST(object_id::make(project_number{0xffffffff}, sequence{sequence_max}, ones).text() ==
             "ffffffff-ffff-8fff-bfff-ffffffffffff");
  BOOST_TEST(object_id::make(project_number{0}, sequence{0}, 0).text() ==
             "00000000-0000-8000-8000-000000000000");
}

BOOST_AUTO_TEST_CASE(sorts_in_creation_order) {
  const auto id = [](std::uint32_t p, std::uint64_t s, std::uint64_t r) {
    return object_id::make(project_number{p}, sequence{s}, r);
  };
  const object_id sorted[] = {id(1, 1, 99),      id(1, 2, 5),        id(1, 0xffff, 9),
                              id(1, 0x10000, 1), id(1, 1u << 28, 0), id(2, 1, 0)};
  BOOST_TEST(std::is_sorted(std::begin(sorted), std::end(sorted)));
}

BOOST_AUTO_TEST_CASE(is_read_in_either_case) {
  const auto lower = object_id::parse("12345678-abcd-8ef1-88d1-400000000000");
  BOOST_REQUIRE(lower);
  BOOST_TEST((object_id::parse("12345678-ABCD-8EF1-88D1-400000000000") == lower));
}

BOOST_AUTO_TEST_CASE(is_nothing_else_than_a_uuid_of_version_8) {
  for (const auto* text :
       {"", "12345678", "12345678-abcd-8ef1-88d1-40000000000",
        "12345678-abcd-8ef1-88d1-4000000000000", "12345678-abcd-4ef1-88d1-400000000000",
        "12345678-abcd-8ef1-48d1-400000000000", "12345678-abcd-8ef1-c8d1-400000000000",
        "12345678_abcd-8ef1-88d1-400000000000", "1234567-8abcd-8ef1-88d1-400000000000",
        "g2345678-abcd-8ef1-88d1-400000000000", " 2345678-abcd-8ef1-88d1-400000000000",
        "{2345678-abcd-8ef1-88d1-40000000000}"})
    BOOST_TEST(!object_id::parse(text), text);
  BOOST_TEST(!object_id::from_bytes("short"));
  BOOST_TEST(!object_id::from_bytes(std::string(17, 'x')));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_shard)

BOOST_AUTO_TEST_CASE(of_a_project_is_the_same_for_ever) {
  const std::uint16_t expected[] = {15, 1, 14, 13, 10, 10, 0, 7, 6, 4, 10, 13};
  for (std::uint32_t project = 0; project < std::size(expected); ++project)
    BOOST_TEST(raw(shard_of(project_number{project}, 16)) == expected[project]);
  BOOST_TEST(raw(shard_of(project_number{0xffffffff}, 16)) == 0u);
}

BOOST_AUTO_TEST_CASE(is_one_of_those_that_exist_and_none_stays_empty) {
  for (const std::uint16_t count : {1, 3, 16, 64}) {
    std::set<std::uint16_t> used;
    for (std::uint32_t project = 1; project <= 1000; ++project)
      used.insert(raw(shard_of(project_number{project}, count)));
    BOOST_TEST(used.size() == count);
    BOOST_TEST(*used.rbegin() == count - 1);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver
