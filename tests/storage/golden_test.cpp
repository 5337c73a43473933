// Bytes of format 1 as they were first written: they are read for ever, and written the same.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <map>

#include "base/text.hpp"
#include "base/wire.hpp"
#include "storage/changes_codec.hpp"
#include "storage/checkpoint_codec.hpp"
#include "storage/entry_group.hpp"
#include "storage/key_codec.hpp"
#include "storage/log_codec.hpp"
#include "storage/record_codec.hpp"
#include "tests/storage/samples.hpp"

namespace taskdriver::storage::testing {
namespace {

/// Lines "name = hex" of tests/golden/storage_v1/NAME.
std::map<std::string, std::string> read_golden(const std::string& name) {
  std::map<std::string, std::string> lines;
  std::ifstream in(std::string(TASKDRIVER_GOLDEN_DIR) + "/storage_v1/" + name);
  for (std::string line; std::getline(in, line);) {
    const std::size_t middle = line.find(" = ");
    if (middle != std::string::npos) lines[line.substr(0, middle)] = line.substr(middle + 3);
  }
  return lines;
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

/// With TASKDRIVER_SHOW_GOLDEN set, prints the lines of what is new.
void expect(const std::map<std::string, std::string>& golden, const std::string& name,
            const std::string& bytes) {
  if (std::getenv("TASKDRIVER_SHOW_GOLDEN") != nullptr) {
    std::printf("%s = %s\n", name.c_str(), to_hex(bytes).c_str());
    return;
  }
  BOOST_REQUIRE_MESSAGE(golden.contains(name), name << " has no golden bytes");
  BOOST_TEST(golden.at(name) == to_hex(bytes), name << " is encoded differently");
}

template <class Record>
void expect_record(const std::string& name, const Record& record) {
  static const auto golden = read_golden("records.txt");
  std::string bytes;
  encode_record(bytes, record);
  expect(golden, name, bytes);
  if (!golden.contains(name)) return;
  const auto decoded = decode_record<Record>(from_hex(golden.at(name)));
  BOOST_REQUIRE_MESSAGE(decoded.has_value(), name << " cannot be read any more");
  BOOST_TEST((*decoded == record), name << " is read differently");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden)

BOOST_AUTO_TEST_CASE(records_of_format_1_are_read_and_written_the_same) {
  expect_record("project", sample_project());
  expect_record("project_counters", sample_counters());
  expect_record("activity_bucket", sample_activity());
  expect_record("task_type", sample_type());
  expect_record("task_spec", sample_spec());
  expect_record("task_progress", sample_progress());
  expect_record("attempt", sample_attempt());
  expect_record("lease", sample_lease());
  expect_record("session", sample_session());
  expect_record("directory_entry", sample_directory_entry());
}

BOOST_AUTO_TEST_CASE(payloads_of_format_1_are_written_the_same) {
  const auto golden = read_golden("payloads.txt");
  expect(golden, "all_puts", encode_changes(sample_changes(), project_number{7}, 16));
  expect(golden, "duplicates_end",
         encode_changes({domain::put_duplicates_end{sequence{2}, sequence{43}},
                         domain::put_duplicates_end{sequence{3}, std::nullopt}},
                        project_number{7}, 16));
  expect(golden, "delete_task",
         encode_changes({domain::delete_task{sequence{42}}}, project_number{7}, 16));
  expect(golden, "delete_project",
         encode_changes({domain::delete_project{}}, project_number{7}, 16));
  expect(golden, "directory",
         encode_changes(
             {domain::put_directory_entry{sample_directory_entry()}, domain::put_next_project{8}},
             project_number{0}, 16));
}

BOOST_AUTO_TEST_CASE(engine_keys_and_values_of_format_1_are_written_the_same) {
  const auto golden = read_golden("engine.txt");
  expect(golden, "entry_key", entry_key(shard_id{3}, 258));
  expect(golden, "base_key", base_key(shard_id{3}));
  expect(golden, "seen_key", seen_key(shard_id{3}));
  expect(golden, "applied_key", applied_key(shard_id{3}));
  expect(golden, "base", encode_base({257, 5}));
  expect(golden, "number", encode_number(258));
  std::string entry;
  encode_entry(entry, 5, "payload");
  expect(golden, "entry", entry);
  key_maker keys(shard_id{7}, project_number{7});
  expect(golden, "group_key", std::string(group_of(keys.queue({128, sequence{43}}))));
  entry_group few, many;
  few.add(43), few.add(47);
  for (unsigned n = 0; n < 256; n += 8) many.add(static_cast<std::uint8_t>(n));
  std::string group;
  few.encode(group);
  expect(golden, "group_of_few", group);
  many.encode(group);
  expect(golden, "group_of_many", group);
}

BOOST_AUTO_TEST_CASE(checkpoint_streams_of_format_1_are_written_the_same) {
  const auto golden = read_golden("checkpoint.txt");
  std::string stream;
  checkpoint_encoder::header(stream, {shard_id{3}, 16, 258, 5});
  checkpoint_encoder encoder;
  encoder.record(stream, std::string_view("\0\3\0\0\0\7\1a", 8), "short");
  encoder.record(stream, std::string_view("\0\3\0\0\0\7\1b", 8), "more than eight bytes");
  encoder.record(stream, std::string_view("\0\3\0\0\0\7\1c", 8), "");
  encoder.end(stream);
  expect(golden, "stream", stream);
  state_checksum empty;
  std::string number;
  byte_writer(number).u64(empty.value());
  expect(golden, "checksum_of_nothing", number);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
