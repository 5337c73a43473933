// EIO ends the node, a full disk only pauses its writes, and flipped bits never become data.
#include <boost/test/unit_test.hpp>

#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {
namespace {

/// Appends as single batches: each entry waits for the one before.
void write_each(store_fixture& fixture, node_store& store, recording_observer& observer,
                std::uint64_t first, std::uint64_t last, std::size_t bytes = 100) {
  for (std::uint64_t i = first; i <= last; ++i) {
    fixture.write(store, observer,
                  {put_entry(0, i, "k" + std::to_string(i), std::string(bytes, 'v'))});
  }
}

std::uint64_t middle_of(const std::string& path) {
  return std::filesystem::file_size(path) / 2;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(disk_errors, store_fixture)

BOOST_AUTO_TEST_CASE(a_failed_write_of_the_log_is_fatal_and_nothing_follows) {
  auto store = open();
  recording_observer observer(store.get());
  log_writer writer(*store, observer);
  env.files->fail_next_write(".log");
  BOOST_TEST(writer.append(put_entry(0, 1, "a", "1")).ok());
  observer.wait_settled(1, *store);
  BOOST_TEST(fatal_count() == 1u);
  BOOST_TEST(observer.durable_entries().empty());
  BOOST_TEST((writer.append(put_entry(0, 2, "a", "2")).error().code == errc::internal));
  BOOST_TEST(!store->writable());
  BOOST_TEST(!store->trouble().empty());
}

BOOST_AUTO_TEST_CASE(a_failed_sync_of_the_log_is_fatal) {
  auto store = open();
  recording_observer observer(store.get());
  env.files->fail_next_sync(".log");
  write(*store, observer, {put_entry(0, 1, "a", "1")});
  BOOST_TEST(fatal_count() == 1u);
  BOOST_TEST(observer.durable_entries().empty());
}

BOOST_AUTO_TEST_CASE(a_failed_flush_of_the_state_is_fatal) {
  auto store = open();
  recording_observer observer(store.get());
  write(*store, observer, {put_entry(0, 1, "a", "1")});
  env.files->fail_next_sync(".sst");
  store->maintain(true);
  BOOST_TEST(fatal_count() == 1u);
}

BOOST_AUTO_TEST_CASE(a_key_of_another_shard_in_an_entry_is_fatal) {
  auto store = open();
  log_entry stray = put_entry(1, 1, "a", "1");
  stray.shard = shard_id{0};
  BOOST_TEST(!store->apply(std::span(&stray, 1)).ok());
  BOOST_TEST(fatal_count() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(full_disk, store_fixture)

BOOST_AUTO_TEST_CASE(refuses_below_the_reserve_and_goes_on_when_there_is_room) {
  store_options with_reserve = options();
  with_reserve.limits.free_bytes_min = 10 * mebibyte;
  auto store = open(with_reserve);
  recording_observer observer(store.get());
  log_writer writer(*store, observer);
  env.files->set_space(9 * mebibyte);
  store->maintain(false);
  BOOST_TEST(!store->writable());
  BOOST_TEST((writer.append(put_entry(0, 1, "a", "1")).error().code == errc::unavailable));
  env.files->set_space(11 * mebibyte);
  store->maintain(false);
  BOOST_TEST(store->writable());
  BOOST_TEST(writer.append(put_entry(0, 1, "a", "1")).ok());
}

BOOST_AUTO_TEST_CASE(is_noticed_by_the_writer_before_the_keeper_looks_again) {
  store_options with_reserve = options();
  with_reserve.limits.free_bytes_min = 10 * mebibyte;
  auto store = open(with_reserve);
  recording_observer observer(store.get());
  log_writer writer(*store, observer);
  env.files->set_space(9 * mebibyte);
  BOOST_REQUIRE(writer.append(put_entry(0, 1, "a", "1")).ok());  // nobody has looked yet
  observer.wait_settled(1, *store);
  BOOST_REQUIRE(observer.refused_entries().size() == 1);
  BOOST_TEST((observer.refused_entries()[0].second == errc::unavailable));
  BOOST_TEST(!store->writable());
  env.files->set_space(11 * mebibyte);
  store->maintain(false);
  BOOST_TEST(writer.append(put_entry(0, 1, "a", "1")).ok());  // the same index, not used up
}

/// ENOSPC at each of many places: what was acknowledged stays, what was refused is gone, and the
/// indexes are used again.
BOOST_AUTO_TEST_CASE(refuses_what_does_not_fit_and_takes_the_same_indexes_later) {
  for (std::uint64_t space = 0; space < 6000; space += 353) {
    BOOST_TEST_CONTEXT("space " << space) {
      {
        auto store = open();
        recording_observer observer(store.get());
        if (space % 2 == 0) write_each(*this, *store, observer, 1, 1);
        const std::uint64_t before = space % 2 == 0 ? 1 : 0;
        env.files->set_space(space);
        std::uint64_t last = before;
        {
          log_writer writer(*store, observer);
          while (writer.append(put_entry(0, last + 1, "k", std::string(500, 'v'))).ok()) {
            observer.wait_settled(++last, *store);
          }
        }
        BOOST_TEST(!store->writable());
        BOOST_TEST(get(*store, 0, "none") == "<none>");  // reads go on
        BOOST_REQUIRE(observer.refused_entries().size() >= 1);
        BOOST_TEST((observer.refused_entries()[0].second == errc::outcome_unknown));
        store->maintain(false);
        BOOST_TEST(!store->writable());
        env.files->set_space(std::nullopt);
        store->maintain(false);
        BOOST_TEST(store->writable());
        BOOST_TEST(store->trouble() == "");
        const std::uint64_t next = observer.durable_entries().size() + 1;
        write(*store, observer, {put_entry(0, next, "again", std::to_string(next))});
        BOOST_TEST(get(*store, 0, "again") == std::to_string(next));
        BOOST_TEST(fatal_count() == 0u);
        env.files->crash();
      }
      fatal.clear();
      std::mt19937_64 random(space);
      env.files->lose_unsynced(taskdriver::testing::unsynced::garbled, random);
      auto reopened = open();
      const std::uint64_t last = reopened->recovered().shards[0].last_index;
      BOOST_TEST(get(*reopened, 0, "again") == std::to_string(last));
      reopened.reset();
      std::filesystem::remove_all(data_dir());
    }
  }
}

BOOST_AUTO_TEST_CASE(does_not_hold_up_the_end_of_the_writer) {
  auto store = open();
  recording_observer observer(store.get());
  write_each(*this, *store, observer, 1, 2);
  env.files->set_space(0);
  store->maintain(true);  // the flush meets ENOSPC, so that nothing can be applied
  {
    log_writer writer(*store, observer);
    (void)writer.append(put_entry(0, 3, "k", "v"));
  }
  log_entry late = put_entry(0, 3, "k", "v");
  BOOST_TEST((store->apply(std::span(&late, 1)).error().code == errc::unavailable));
  BOOST_TEST(fatal_count() == 0u);
}

BOOST_AUTO_TEST_CASE(during_a_flush_pauses_writes_and_ends_with_room) {
  auto store = open();
  recording_observer observer(store.get());
  write_each(*this, *store, observer, 1, 5, 100000);
  env.files->set_space(1000);
  store->maintain(true);
  BOOST_TEST(!store->writable());
  env.files->set_space(std::nullopt);
  store->maintain(false);
  BOOST_TEST(store->writable());
  write_each(*this, *store, observer, 6, 6);
  BOOST_TEST(observer.durable_entries().size() == 6u);
  BOOST_TEST(fatal_count() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(flipped_bits, store_fixture)

/// Leaves a store whose log was written but whose state was not flushed.
struct crashed_with_log : store_fixture {
  crashed_with_log() {
    {
      auto store = open();
      recording_observer observer(store.get());
      write_each(*this, *store, observer, 1, 50);
      env.files->crash();
    }
    std::mt19937_64 random(1);
    env.files->lose_unsynced(taskdriver::testing::unsynced::lost, random);
  }
};

BOOST_FIXTURE_TEST_CASE(in_the_middle_of_the_write_ahead_log_refuse_to_open, crashed_with_log) {
  const std::string log = files(".log").back();
  taskdriver::testing::flip_bit(log, end_of_records(log) / 2);
  std::string text;
  BOOST_TEST((open_error(&text) == errc::internal));
  BOOST_TEST(text.find("damaged") != std::string::npos);
}

/// Root may have made it; a reader is told what is wrong, and not to restore a backup.
BOOST_FIXTURE_TEST_CASE(are_not_what_a_log_that_cannot_be_read_is_called, crashed_with_log) {
  std::filesystem::create_directory(data_dir() + "/db/999999.log");
  std::string text;
  BOOST_TEST((open_error(&text) == errc::forbidden));
  BOOST_TEST(text.find("damaged") == std::string::npos);
  BOOST_TEST(text.find("belong to the user") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(at_every_byte_of_the_log_never_lose_anything_silently, crashed_with_log) {
  const std::string log = files(".log").back();
  const std::uint64_t end = end_of_records(log);
  const std::string copy = directory.path() + "/copy";
  std::filesystem::copy(data_dir(), copy, std::filesystem::copy_options::recursive);
  for (std::uint64_t at = 0; at < end + 200; at += 37) {
    BOOST_TEST_CONTEXT("byte " << at << " of " << end) {
      taskdriver::testing::flip_bit(log, at);
      auto opened = node_store::open(options());
      // Only the very last record cannot be told from a write that a crash cut off.
      const std::uint64_t last = at < end ? 49 : 50;
      if (opened) BOOST_TEST((*opened)->recovered().shards[0].last_index == last);
      if (opened) BOOST_TEST(at > end - 200);
      if (!opened) BOOST_TEST((opened.error().code == errc::internal));
    }
    std::filesystem::remove_all(data_dir());
    std::filesystem::copy(copy, data_dir(), std::filesystem::copy_options::recursive);
  }
}

BOOST_AUTO_TEST_CASE(in_a_table_give_an_error_not_a_value) {
  std::map<std::string, std::string> written;
  {
    auto store = open();
    recording_observer observer(store.get());
    std::mt19937_64 random(1);
    for (std::uint64_t i = 1; i <= 50; ++i) {
      std::string value(2000, ' ');
      for (char& c : value) c = static_cast<char>(random());
      written["k" + std::to_string(i)] = value;
      write(*store, observer, {put_entry(0, i, "k" + std::to_string(i), value)});
    }
    store->maintain(true);
  }
  std::string largest = files(".sst").front();
  for (const std::string& file : files(".sst")) {
    if (std::filesystem::file_size(file) > std::filesystem::file_size(largest)) largest = file;
  }
  taskdriver::testing::flip_bit(largest, middle_of(largest));
  auto store = open();
  std::size_t errors = 0;
  for (const auto& [name, value] : written) {
    const std::string read = get(*store, 0, name);
    if (read == "<error>") ++errors;
    if (read != "<error>") BOOST_TEST((read == value));
  }
  BOOST_TEST(errors > 0u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(checkpoints, store_fixture)

BOOST_AUTO_TEST_CASE(open_as_a_store_of_their_own_with_all_that_was_applied) {
  auto store = open();
  recording_observer observer(store.get());
  write_each(*this, *store, observer, 1, 20);
  const std::string copy = directory.path() + "/backup";
  const auto made = store->checkpoint(copy);
  BOOST_REQUIRE_MESSAGE(made.ok(), (made ? "" : made.error().text));
  write_each(*this, *store, observer, 21, 25);
  store_options of_copy = options();
  of_copy.data_dir = copy;
  auto opened = open(of_copy);
  BOOST_TEST(opened->store_id() != store->store_id());
  BOOST_TEST(opened->applied(shard_id{0}) == 20u);
  BOOST_TEST(get(*opened, 0, "k20") == std::string(100, 'v'));
  BOOST_TEST(get(*opened, 0, "k21") == "<none>");
  recording_observer of_opened(opened.get());
  write_each(*this, *opened, of_opened, 21, 22);
  BOOST_TEST(opened->applied(shard_id{0}) == 22u);
}

BOOST_AUTO_TEST_CASE(never_overwrite) {
  auto store = open();
  std::filesystem::create_directories(directory.path() + "/backup");
  BOOST_TEST((store->checkpoint(directory.path() + "/backup").error().code == errc::name_taken));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
