// Backups and what is restored from them: all is there, under a new store id, or nothing opens.
#include "storage/data_copies.hpp"

#include <rocksdb/env.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {
namespace {

/// Ten entries, and a backup of them.
struct backed_up : store_fixture {
  const std::string backup = directory.path() + "/backup";
  const std::string restored = directory.path() + "/restored";
  std::uint64_t first_id = 0;

  backed_up() {
    {
      auto store = open();
      first_id = store->store_id();
      recording_observer observer(store.get());
      for (std::uint64_t i = 1; i <= 10; ++i) {
        write(*store, observer, {put_entry(0, i, "k" + std::to_string(i), "v")});
        if (i == 5) store->maintain(true);
      }
    }
    const auto made = backup_directory(data_dir(), backup, env.env.get());
    BOOST_REQUIRE_MESSAGE(made.ok(), (made ? "" : made.error().text));
  }
  std::unique_ptr<node_store> open_at(const std::string& dir) {
    store_options there = options();
    there.data_dir = dir;
    return open(there);
  }
  errc restore_error(const std::string& from, const std::string& to) {
    const auto made = restore_directory(from, to, env.env.get());
    return made ? errc::not_found : made.error().code;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(copies_of_a_directory, backed_up)

BOOST_AUTO_TEST_CASE(have_everything_and_ids_of_their_own) {
  const auto made = restore_directory(backup, restored, env.env.get());
  BOOST_REQUIRE_MESSAGE(made.ok(), (made ? "" : made.error().text));
  const std::uint64_t backup_id = open_at(backup)->store_id();
  auto store = open_at(restored);
  BOOST_TEST(store->store_id() == made->store_id);
  BOOST_TEST(made->shard_count == 4u);
  BOOST_TEST(store->store_id() != first_id);
  BOOST_TEST(store->store_id() != backup_id);
  BOOST_TEST(store->recovered().shards[0].last_index == 10u);
  BOOST_TEST(get(*store, 0, "k10") == "v");
}

BOOST_AUTO_TEST_CASE(of_a_clusters_node_say_so_and_belong_to_no_cluster) {
  BOOST_TEST(!restore_directory(backup, restored, env.env.get())->from_cluster);
  const std::string text = "taskdriver-member 1\n";
  BOOST_REQUIRE(rocksdb::WriteStringToFile(env.env.get(), text, data_dir() + "/CLUSTER").ok());
  const std::string second = backup + "-2", third = restored + "-2";
  BOOST_TEST(backup_directory(data_dir(), second, env.env.get())->from_cluster);
  BOOST_TEST(restore_directory(second, third, env.env.get())->from_cluster);
  for (const auto& copy : {second, third}) {
    std::string kept;
    BOOST_TEST(rocksdb::ReadFileToString(env.env.get(), copy + "/CLUSTER.was", &kept).ok());
    BOOST_TEST(kept == text);
    BOOST_TEST(env.env->FileExists(copy + "/CLUSTER").IsNotFound());
  }
}

BOOST_AUTO_TEST_CASE(do_not_change_when_what_was_restored_goes_on) {
  BOOST_REQUIRE(restore_directory(backup, restored, env.env.get()).ok());
  {
    auto store = open_at(restored);
    recording_observer observer(store.get());
    write(*store, observer, {put_entry(0, 11, "k11", "v")});
  }
  BOOST_REQUIRE(restore_directory(backup, restored + "2", env.env.get()).ok());
  BOOST_TEST(open_at(restored + "2")->recovered().shards[0].last_index == 10u);
}

BOOST_AUTO_TEST_CASE(are_not_made_over_anything) {
  open_at(restored);
  BOOST_TEST((restore_error(backup, restored) == errc::name_taken));
  std::filesystem::create_directories(directory.path() + "/foreign");
  std::ofstream(directory.path() + "/foreign/thesis.txt") << "years of work";
  BOOST_TEST((restore_error(backup, directory.path() + "/foreign") == errc::validation));
  BOOST_TEST(
      (backup_directory(data_dir(), backup, env.env.get()).error().code == errc::name_taken));
}

BOOST_AUTO_TEST_CASE(are_not_made_of_anything_but_a_directory_at_rest) {
  BOOST_TEST((restore_error(directory.path() + "/absent", restored) == errc::validation));
  BOOST_TEST(
      (backup_directory(directory.path() + "/absent", restored, env.env.get()).error().code ==
       errc::validation));
  const auto running = open();
  BOOST_TEST((restore_error(data_dir(), restored) == errc::in_use));
  BOOST_TEST((backup_directory(data_dir(), restored, env.env.get()).error().code == errc::in_use));
}

BOOST_AUTO_TEST_CASE(of_a_damaged_backup_are_refused_and_stay_unusable) {
  std::filesystem::remove(backup + "/db/CURRENT");
  BOOST_TEST((restore_error(backup, restored) == errc::internal));
  store_options there = options();
  there.data_dir = restored;
  BOOST_TEST((node_store::open(there).error().code == errc::validation));
}

BOOST_AUTO_TEST_CASE(that_a_crash_interrupted_are_whole_or_unusable) {
  for (std::uint64_t n = 1;; ++n) {
    BOOST_TEST_CONTEXT("crash at change " << n) {
      env.files->crash_at_change(n);
      const bool made = restore_directory(backup, restored, env.env.get()).ok();
      const bool reached = env.files->crashed();
      env.files->crash();
      std::mt19937_64 random(n);
      env.files->lose_unsynced(taskdriver::testing::unsynced::torn, random);
      if (!reached) {
        BOOST_TEST(made);
        break;
      }
      store_options there = options();
      there.data_dir = restored;
      auto opened = node_store::open(there);
      if (opened) {
        const std::uint64_t last = (*opened)->recovered().shards[0].last_index;
        // Nothing of the database was there yet: as if the restore had not begun.
        BOOST_TEST((last == 10u || (last == 0u && !made)));
      }
      if (!opened) BOOST_TEST(!made);
      if (opened) opened.value().reset();
      std::filesystem::remove_all(restored);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
