// Zeros ahead of the write-ahead log: where they are, where not, and what a hole in them means.
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "storage/filled_wal.hpp"
#include "storage/wal_check.hpp"
#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {
namespace {

using taskdriver::testing::unsynced;

constexpr std::size_t block_bytes = 32768;

/// One file in a directory, written through with_filled_wal().
struct one_file : store_fixture {
  std::unique_ptr<rocksdb::Env> filling = with_filled_wal(*env.env);
  std::unique_ptr<rocksdb::FSWritableFile> file;
  std::string path;

  void make(const std::string& name) {
    path = directory.path() + "/" + name;
    BOOST_REQUIRE(filling->GetFileSystem()->NewWritableFile(path, {}, &file, nullptr).ok());
  }
  bool append(const std::string& bytes) { return file->Append(bytes, {}, nullptr).ok(); }
  bool append(std::size_t bytes) { return append(std::string(bytes, 'r')); }
  bool close() { return file->Close({}, nullptr).ok(); }
  std::uint64_t size_on_disk() const { return std::filesystem::file_size(path); }
};

/// A store whose last write is a record of several blocks; its log can be changed by hand.
struct crashed_in_a_large_record : store_fixture {
  std::string log;
  std::uint64_t record = 0;  // where the last write begins

  crashed_in_a_large_record() {
    auto store = open();
    recording_observer observer(store.get());
    write(*store, observer, {put_entry(0, 1, "small", "s")});
    log = files(".log").back();
    record = end_of_records(log);
    write(*store, observer, {put_entry(0, 2, "large", std::string(5 * block_bytes, 'l'))});
    env.files->crash();
    store.reset();
    std::mt19937_64 random(1);
    env.files->lose_unsynced(unsynced::lost, random);
  }
  void zero(std::uint64_t from, std::uint64_t to) const {
    std::fstream out(log, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(from));
    out << std::string(to - from, '\0');
  }
  wal_damage damage() const {
    return check_wal(*env.env, std::filesystem::path(log).parent_path());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(filled_files, one_file)

BOOST_AUTO_TEST_CASE(are_longer_than_what_was_written_until_they_are_closed) {
  make("000001.log");
  BOOST_REQUIRE(append(1000));
  BOOST_REQUIRE(append(5000));
  BOOST_TEST(size_on_disk() > 6000u + 200 * 1024);
  BOOST_TEST(file->GetFileSize({}, nullptr) == 6000u);
  BOOST_REQUIRE(close());
  BOOST_TEST(size_on_disk() == 6000u);
}

BOOST_AUTO_TEST_CASE(hold_what_was_appended_whatever_the_sizes) {
  make("000001.log");
  std::string expected;
  std::mt19937_64 random(3);
  for (int i = 0; i < 200; ++i) {
    const std::string piece(1 + random() % (i % 20 == 0 ? 400'000 : 9'000),
                            static_cast<char>('a' + i % 26));
    BOOST_REQUIRE(append(piece));
    expected += piece;
  }
  BOOST_REQUIRE(close());
  std::string content;
  BOOST_REQUIRE(rocksdb::ReadFileToString(env.env.get(), path, &content).ok());
  BOOST_TEST((content == expected));
}

BOOST_AUTO_TEST_CASE(get_no_zeros_for_large_appends) {
  make("000001.log");
  BOOST_REQUIRE(append(400'000));
  BOOST_TEST(size_on_disk() == 400'000u);
  BOOST_REQUIRE(append(100));
  BOOST_TEST(size_on_disk() > 400'100u);
}

BOOST_AUTO_TEST_CASE(are_only_write_ahead_logs) {
  make("000001.sst");
  BOOST_REQUIRE(append(1000));
  BOOST_TEST(size_on_disk() == 1000u);
}

BOOST_AUTO_TEST_CASE(take_what_fits_when_there_is_no_room_for_zeros) {
  make("000001.log");
  env.files->set_space(10'000);
  BOOST_REQUIRE(append(6000));
  BOOST_REQUIRE(append(4000));
  BOOST_TEST(!append(1));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(holes_in_the_log, crashed_in_a_large_record)

BOOST_AUTO_TEST_CASE(are_not_what_zeros_behind_the_end_are) {
  BOOST_TEST((damage() == wal_damage::none));
  BOOST_TEST(open()->recovered().shards[0].last_index == 2u);
}

/// A power cut may leave any sectors of the record that was being written.
BOOST_AUTO_TEST_CASE(drop_the_record_that_was_being_written_wherever_they_are) {
  const std::string copy = directory.path() + "/copy";
  std::filesystem::copy(data_dir(), copy, std::filesystem::copy_options::recursive);
  const std::uint64_t end = end_of_records(log);
  for (std::uint64_t from = record; from < end; from += 7 * 512) {
    for (const std::uint64_t to :
         {std::min(from + 512, end), std::min(from + block_bytes, end), end}) {
      BOOST_TEST_CONTEXT("zeros from " << from << " to " << to) {
        zero(from, to);
        BOOST_TEST((damage() == wal_damage::tail || damage() == wal_damage::none));
        BOOST_TEST(open()->recovered().shards[0].last_index == 1u);
      }
      std::filesystem::remove_all(data_dir());
      std::filesystem::copy(copy, data_dir(), std::filesystem::copy_options::recursive);
    }
  }
}

BOOST_AUTO_TEST_CASE(before_a_whole_record_are_damage) {
  zero(record - 40, record);
  BOOST_TEST((damage() == wal_damage::middle));
  BOOST_TEST((open_error() == errc::internal));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
