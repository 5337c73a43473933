// What opening a data directory says about directories that it must not touch or cannot use.
#include <rocksdb/status.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "storage/data_copies.hpp"
#include "storage/format_file.hpp"
#include "storage/rocksdb_errors.hpp"
#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {
namespace {

std::string content_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

}  // namespace

struct directory_to_open : store_fixture {
  std::string format() const { return content_of(format_path(data_dir())); }
  /// Makes the directory one of format 1. Returns its FORMAT.
  std::string make_older() {
    std::string text = format();
    const std::string newest = "format " + std::to_string(format_version);
    text.replace(text.find(newest), newest.size(), "format 1");
    std::ofstream(format_path(data_dir())) << text;
    return text;
  }
};

BOOST_FIXTURE_TEST_SUITE(opening, directory_to_open)

BOOST_AUTO_TEST_CASE(makes_a_directory_with_a_store_id_that_stays) {
  const std::uint64_t id = open()->store_id();
  store_options more_shards = options();
  more_shards.shard_count = 99;
  const auto again = open(more_shards);
  BOOST_TEST(again->store_id() == id);
  BOOST_TEST(again->shard_count() == 4u);
}

BOOST_AUTO_TEST_CASE(two_directories_have_different_store_ids) {
  const std::uint64_t id = open()->store_id();
  store_options other = options();
  other.data_dir = directory.path() + "/other";
  BOOST_TEST(open(other)->store_id() != id);
}

BOOST_AUTO_TEST_CASE(is_refused_while_somebody_else_has_it_open) {
  const auto first = open();
  BOOST_TEST((open_error() == errc::in_use));
}

BOOST_AUTO_TEST_CASE(is_refused_for_a_newer_format) {
  open();
  std::ofstream(format_path(data_dir())) << "taskdriver-store\nformat 999\nanything\n";
  BOOST_TEST((open_error() == errc::wrong_state));
}

BOOST_AUTO_TEST_CASE(raises_an_older_format_so_that_older_versions_refuse_it) {
  open();
  const std::string raised = format();
  make_older();
  open();
  BOOST_TEST(format() == raised);
}

BOOST_AUTO_TEST_CASE(leaves_the_format_of_a_directory_that_is_only_copied) {
  open();
  const std::string older = make_older();
  const std::string backup = data_dir() + "-backup", restored = data_dir() + "-restored";
  BOOST_REQUIRE(backup_directory(data_dir(), backup, options().env).ok());
  BOOST_REQUIRE(restore_directory(backup, restored, options().env).ok());
  BOOST_TEST(format() == older);
  for (const auto& copy : {backup, restored})
    BOOST_TEST(content_of(format_path(copy)).find("format 1\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(that_is_refused_as_damaged_keeps_its_format) {
  open();
  const std::string older = make_older();
  std::filesystem::remove(data_dir() + "/db/CURRENT");
  BOOST_TEST((open_error() == errc::internal));
  BOOST_TEST(format() == older);
}

BOOST_AUTO_TEST_CASE(is_refused_for_a_damaged_format_file) {
  open();
  std::ofstream(format_path(data_dir())) << "taskdriver-store\nformat 1\nstore xyz\n";
  BOOST_TEST((open_error() == errc::internal));
}

BOOST_AUTO_TEST_CASE(is_refused_for_a_foreign_directory_which_stays_as_it_was) {
  std::filesystem::create_directories(data_dir());
  std::ofstream(data_dir() + "/thesis.txt") << "years of work";
  BOOST_TEST((open_error() == errc::validation));
  BOOST_TEST(content_of(data_dir() + "/thesis.txt") == "years of work");
  const auto files = std::filesystem::directory_iterator(data_dir());
  BOOST_TEST(std::distance(begin(files), end(files)) == 1);
}

BOOST_AUTO_TEST_CASE(takes_a_directory_with_only_the_admin_token) {
  std::filesystem::create_directories(data_dir());
  std::ofstream(data_dir() + "/admin.token") << "secret";
  BOOST_TEST((open_error() == errc::not_found));
}

BOOST_AUTO_TEST_CASE(is_refused_when_nothing_may_be_written) {
  env.files->set_read_only(true);
  BOOST_TEST((open_error() == errc::forbidden));
}

BOOST_AUTO_TEST_CASE(without_descriptors_is_no_damage) {
  const auto without = rocksdb::Status::IOError("While open a file: 7.sst", "Too many open files");
  BOOST_TEST((too_many_open_files(without).value().code == errc::unavailable));
  BOOST_TEST(!too_many_open_files(rocksdb::Status::IOError("7.sst", "Input/output error")));
}

BOOST_AUTO_TEST_CASE(is_refused_when_files_of_the_database_are_missing) {
  open();
  std::filesystem::remove(data_dir() + "/db/CURRENT");
  BOOST_TEST((open_error() == errc::internal));
}

BOOST_AUTO_TEST_CASE(is_refused_when_the_whole_database_is_missing) {
  open();
  std::filesystem::remove_all(data_dir() + "/db");
  BOOST_TEST((open_error() == errc::internal));
}

BOOST_AUTO_TEST_CASE(begins_anew_after_a_crash_at_any_point_of_the_creation) {
  std::mt19937_64 random(1);
  for (std::uint64_t n = 1;; ++n) {
    BOOST_TEST_CONTEXT("crash at sync " << n) {
      env.files->crash_at_sync(n);
      const errc first = open_error();
      if (!env.files->crashed()) break;
      // Later crashes are in the closing.
      BOOST_TEST((first == errc::not_found || first == errc::internal));
      env.files->lose_unsynced(taskdriver::testing::unsynced::torn, random);
      BOOST_REQUIRE((open_error() == errc::not_found));
      std::filesystem::remove_all(data_dir());
    }
  }
}

BOOST_AUTO_TEST_CASE(format_text_is_read_back) {
  const store_format format{1, 0x0123456789abcdef, 16};
  BOOST_TEST(format_text(format) ==
             "taskdriver-store\nformat 1\nstore 0123456789abcdef\nshards 16\n");
  BOOST_TEST((parse_format(format_text(format)) == format));
  BOOST_TEST(!parse_format(format_text(format) + "x"));
  BOOST_TEST(!parse_format(""));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
