// Encodings of records, keys and payloads: read back, ordered, and total.
#include <boost/test/unit_test.hpp>
#include <random>

#include "base/wire.hpp"
#include "storage/key_codec.hpp"
#include "storage/record_codec.hpp"
#include "storage/wal_check.hpp"
#include "tests/storage/decoders.hpp"
#include "tests/storage/samples.hpp"

namespace taskdriver::storage::testing {
namespace {

template <class Record>
std::string encoded(const Record& record) {
  std::string bytes;
  encode_record(bytes, record);
  return bytes;
}

std::vector<std::string> encoded_samples() {
  return {encoded(sample_project()),        encoded(sample_counters()), encoded(sample_activity()),
          encoded(sample_type()),           encoded(sample_spec()),     encoded(sample_progress()),
          encoded(sample_attempt()),        encoded(sample_lease()),    encoded(sample_session()),
          encoded(sample_directory_entry())};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codecs)

BOOST_AUTO_TEST_CASE(every_shortened_value_is_refused) {
  const std::string bytes = encoded(sample_spec());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    BOOST_TEST(!decode_record<domain::task_spec>(std::string_view(bytes).substr(0, size)));
  }
}

BOOST_AUTO_TEST_CASE(bytes_left_over_and_unknown_versions_are_refused) {
  std::string bytes = encoded(sample_lease());
  BOOST_TEST(!decode_record<domain::lease>(bytes + "x"));
  bytes[0] = 2;
  BOOST_TEST(!decode_record<domain::lease>(bytes));
}

BOOST_AUTO_TEST_CASE(default_records_are_read_back) {
  BOOST_TEST((decode_record<domain::task_progress>(encoded(domain::task_progress{})) ==
              domain::task_progress{}));
  BOOST_TEST((decode_record<domain::project_counters>(encoded(domain::project_counters{})) ==
              domain::project_counters{}));
}

BOOST_AUTO_TEST_CASE(times_before_1970_are_read_back) {
  domain::attempt attempt = sample_attempt();
  attempt.started_ms = -1;
  attempt.ended_ms = std::numeric_limits<std::int64_t>::min();
  BOOST_TEST((decode_record<domain::attempt>(encoded(attempt)) == attempt));
}

BOOST_AUTO_TEST_CASE(numbers_have_one_encoding) {
  byte_reader padded(std::string_view("\x80\x00", 2));
  padded.varint();
  BOOST_TEST(!padded.ok());
  byte_reader too_long(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10));
  too_long.varint();
  BOOST_TEST(!too_long.ok());
}

BOOST_AUTO_TEST_CASE(decoders_take_any_bytes) {
  const std::uint64_t seed = std::random_device{}();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> samples = encoded_samples();
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = samples[random() % samples.size()];
    for (std::uint64_t flips = random() % 4; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    if (random() % 3 == 0) bytes.resize(random() % (bytes.size() + 8));
    decode_everything(bytes);
  }
}

BOOST_AUTO_TEST_CASE(keys_of_a_queue_sort_by_priority_then_sequence) {
  key_maker keys(shard_id{1}, project_number{7});
  const std::string first(keys.queue({1, sequence{999}}));
  const std::string second(keys.queue({128, sequence{255}}));
  const std::string third(keys.queue({128, sequence{256}}));
  BOOST_TEST((first < second));
  BOOST_TEST((second < third));
  BOOST_TEST((queue_place(third) == domain::queue_key{128, sequence{256}}));
}

BOOST_AUTO_TEST_CASE(names_in_keys_do_not_run_into_what_follows) {
  key_maker keys(shard_id{1}, project_number{7});
  const std::string longer(keys.named(record_kind::by_agent, "ab", sequence{1}));
  const std::string shorter(keys.named(record_kind::by_agent, "a", sequence{1}));
  BOOST_TEST(!longer.starts_with(shorter.substr(0, shorter.size() - 6)));
}

BOOST_AUTO_TEST_CASE(everything_of_a_project_is_one_range) {
  key_maker keys(shard_id{1}, project_number{7});
  key_maker next(shard_id{1}, project_number{8});
  const std::string begin(keys.project_start());
  const std::string session(keys.session(sample_session().token));
  const std::string end(keys.project_end());
  BOOST_TEST((begin < session));
  BOOST_TEST((session < end));
  BOOST_TEST((end < next.project_start()));
}

BOOST_AUTO_TEST_CASE(the_end_of_a_prefix_carries) {
  BOOST_TEST(after_prefix("ab") == "ac");
  BOOST_TEST(after_prefix("a\xff") == "b");
  BOOST_TEST(after_prefix("\xff") == "");
}

BOOST_AUTO_TEST_CASE(crc32c_matches_the_known_value) {
  BOOST_TEST(crc32c("123456789") == 0xe3069283u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
