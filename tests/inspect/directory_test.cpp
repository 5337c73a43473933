// Whole directories: clean ones, damaged files, other people's, and that none is ever changed.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "storage/log_codec.hpp"
#include "tests/inspect/small_store.hpp"
#include "tools/inspect/directory_dump.hpp"

namespace taskdriver::inspect::testing {
namespace {

namespace fs = std::filesystem;

/// Names, sizes, times and bytes of everything below a path.
std::string everything_below(const std::string& path) {
  std::map<std::string, std::string> files;
  for (const auto& each : fs::recursive_directory_iterator(path)) {
    std::ostringstream text;
    text << each.last_write_time().time_since_epoch().count() << ' ';
    if (each.is_regular_file()) text << std::ifstream(each.path(), std::ios::binary).rdbuf();
    files[each.path().string()] = text.str();
  }
  std::string all;
  for (const auto& [name, text] : files) all += name + ": " + text + "\n";
  return all;
}

struct directory_fixture : small_store {
  errc open_error(std::string* text = nullptr) const {
    const auto opened = data_directory::open(data_dir());
    if (opened) return errc::not_found;
    if (text != nullptr) *text = opened.error().text;
    return opened.error().code;
  }
  /// Changes the log behind the server's back.
  void write_raw_log(const std::string& key, const std::string& value) {
    storage::engine raw(options());
    BOOST_REQUIRE(storage::open_database(raw).ok());
    rocksdb::WriteBatch batch;
    BOOST_REQUIRE(batch.Put(raw.log, key, value).ok());
    BOOST_REQUIRE(storage::write_log(raw, batch).ok());
  }
  void flip_a_bit(const std::string& path, std::uintmax_t at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const char was = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(was ^ 0x10));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_directory, directory_fixture)

BOOST_AUTO_TEST_CASE(that_is_whole_is_clean) {
  make();
  const auto report = check();
  BOOST_TEST(lines_of(report) == "");
  BOOST_TEST(report.directory_checked);
  BOOST_REQUIRE(report.shards.size() == shard_count);
  const shard_report& at_home = report.shards[raw(home)];
  BOOST_TEST(at_home.projects == 1u);
  BOOST_TEST(at_home.tasks == 5u);
}

BOOST_AUTO_TEST_CASE(whose_state_is_still_in_its_log_is_the_same) {
  make(kept_in::log);
  const auto report = check();
  BOOST_TEST(lines_of(report) == "");
  BOOST_TEST(report.shards[raw(home)].at.applied_index == 0u);
  BOOST_TEST(report.shards[raw(home)].tasks == 5u);
}

BOOST_AUTO_TEST_CASE(that_is_empty_is_clean) {
  open();
  BOOST_TEST(lines_of(check()) == "");
}

BOOST_AUTO_TEST_CASE(is_not_changed_by_looking_at_it) {
  make();
  write_changes(project_7, {domain::put_counters{counters_of_project_7()}}, kept_in::log);
  const std::string before = everything_below(data_dir());
  check({.checksums = true});
  std::ostringstream dumped;
  auto opened = data_directory::open(data_dir());
  BOOST_REQUIRE(dump_directory(*opened, {}, dumped).ok());
  opened.value().store.reset();
  BOOST_TEST((everything_below(data_dir()) == before));
}

BOOST_AUTO_TEST_CASE(that_cannot_be_written_is_looked_at_all_the_same) {
  make();
  fs::permissions(data_dir() + "/db", fs::perms::owner_read | fs::perms::owner_exec);
  BOOST_TEST(lines_of(check()) == "");
  fs::permissions(data_dir() + "/db", fs::perms::owner_all);
}

BOOST_AUTO_TEST_CASE(that_does_not_exist_is_not_made) {
  BOOST_TEST((open_error() == errc::validation));
  BOOST_TEST(!fs::exists(data_dir()));
}

BOOST_AUTO_TEST_CASE(that_is_not_ours_is_refused_and_stays) {
  fs::create_directories(data_dir());
  std::ofstream(data_dir() + "/thesis.txt") << "years of work";
  std::string text;
  BOOST_TEST((open_error(&text) == errc::validation));
  BOOST_TEST((text.find("is not a TaskDriver data directory") != std::string::npos));
  BOOST_TEST(std::distance(fs::directory_iterator(data_dir()), fs::directory_iterator()) == 1);
}

BOOST_AUTO_TEST_CASE(of_a_newer_version_is_refused) {
  make();
  std::ofstream(data_dir() + "/FORMAT") << "taskdriver-store\nformat 999\nwho knows\n";
  std::string text;
  BOOST_TEST((open_error(&text) == errc::wrong_state));
  BOOST_TEST((text.find("has format 999, this version knows up to ") != std::string::npos));
}

BOOST_AUTO_TEST_CASE(without_one_of_its_files_is_damaged) {
  make();
  BOOST_REQUIRE(!files(".sst").empty());
  fs::remove(files(".sst").front());
  BOOST_TEST((open_error() == errc::internal));
}

BOOST_AUTO_TEST_CASE(with_a_flipped_bit_in_a_table_is_damaged) {
  make();
  const std::string table = files(".sst").front();
  flip_a_bit(table, 20);  // in the first block of records
  const auto opened = data_directory::open(data_dir());
  const std::string told = opened ? lines_of(check()) : opened.error().text;
  BOOST_TEST((told.find("orruption") != std::string::npos), told);
}

BOOST_AUTO_TEST_CASE(whose_log_begins_behind_its_state_is_damaged) {
  make();
  write_raw_log(storage::base_key(home), storage::encode_base({99, 1}));
  const std::string lines = lines_of(check());
  BOOST_TEST((lines.find("state is behind the log's start") != std::string::npos), lines);
}

BOOST_AUTO_TEST_CASE(whose_log_has_a_gap_is_damaged) {
  make();
  std::string value;
  storage::encode_entry(value, 1, storage::payload_builder().take());
  write_raw_log(storage::entry_key(home, 7), value);
  const std::string lines = lines_of(check());
  BOOST_TEST((lines.find("entry 2 is missing") != std::string::npos), lines);
}

BOOST_AUTO_TEST_CASE(whose_epochs_go_back_is_damaged) {
  epoch = 5;
  make(kept_in::log);
  std::string value;
  storage::encode_entry(value, 4, storage::payload_builder().take());
  write_raw_log(storage::entry_key(home, 2), value);
  const std::string lines = lines_of(check());
  BOOST_TEST((lines.find("epochs of entries go back") != std::string::npos), lines);
}

BOOST_AUTO_TEST_CASE(with_an_entry_that_cannot_be_read_is_damaged_also_behind_its_state) {
  make(kept_in::log);
  std::string value;
  storage::encode_entry(value, 1, "\x01\x09 no operation");
  write_raw_log(storage::entry_key(home, 2), value);
  const std::string lines = lines_of(check());
  BOOST_TEST((lines.find("entry 2: log entry: malformed operation") != std::string::npos), lines);
}

BOOST_AUTO_TEST_CASE(with_an_entry_for_another_shard_is_damaged) {
  make(kept_in::log);
  storage::payload_builder payload;
  payload.put(storage::testing::test_key(static_cast<std::uint16_t>(raw(home) ^ 1), "x"), "y");
  std::string value;
  storage::encode_entry(value, 1, payload.take());
  write_raw_log(storage::entry_key(home, 2), value);
  const std::string lines = lines_of(check());
  BOOST_TEST((lines.find("entry 2: changes a key that is not the shard's") != std::string::npos),
             lines);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::inspect::testing
