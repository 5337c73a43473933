// Crashes at every sync with unsynced bytes lost, torn or garbled: what was acknowledged is there.
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "storage/engine.hpp"
#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {
namespace {

using taskdriver::testing::unsynced;

/// Writes to 4 shards with cuts in between until the machine goes down, then judges what is left.
struct crashing_store : store_fixture {
  std::map<std::uint16_t, std::uint64_t> acknowledged;  // last index per shard
  std::map<std::uint16_t, std::uint64_t> tried;

  log_entry next_entry(std::uint16_t shard, std::mt19937_64& random) {
    const std::uint64_t index = ++tried[shard];
    return put_entry(shard, index, "k" + std::to_string(index),
                     std::to_string(index) + std::string(random() % 3000, 'v'));
  }

  void note_acknowledged(const recording_observer& observer) {
    for (const log_entry& entry : observer.durable_entries()) {
      std::uint64_t& last = acknowledged[raw(entry.shard)];
      last = std::max(last, entry.index);
    }
  }

  /// One life of the process: rounds of writes, each followed by a cut or not.
  void live(std::mt19937_64& random, int rounds) {
    auto opened = node_store::open(options());
    if (!opened) return;
    recording_observer observer(opened->get());
    for (int round = 0; round < rounds && !env.files->crashed(); ++round) {
      std::vector<log_entry> entries;
      for (std::uint64_t i = 0, n = 1 + random() % 20; i < n; ++i) {
        entries.push_back(next_entry(static_cast<std::uint16_t>(random() % 4), random));
      }
      write(**opened, observer, std::move(entries));
      (*opened)->maintain(random() % 2 == 0);
    }
    if (random() % 2 == 0) env.files->crash();  // before the flush of closing
    note_acknowledged(observer);
  }

  void judge() {
    auto opened = node_store::open(options());
    BOOST_REQUIRE_MESSAGE(opened.ok(), (opened ? "" : opened.error().text));
    for (auto& [shard, last_acknowledged] : acknowledged) {
      const shard_position at = (*opened)->recovered().shards[shard];
      BOOST_REQUIRE(at.last_index >= last_acknowledged);
      BOOST_REQUIRE(at.applied_index == at.last_index);
      for (std::uint64_t i = 1; i <= at.last_index; ++i) {
        const std::string value = get(**opened, shard, "k" + std::to_string(i));
        BOOST_REQUIRE(value.starts_with(std::to_string(i)));
      }
      // What was not acknowledged may have survived; the next life goes on after it.
      tried[shard] = last_acknowledged = at.last_index;
    }
    for (auto& [shard, index] : tried) index = (*opened)->recovered().shards[shard].last_index;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(crashes, crashing_store)

BOOST_AUTO_TEST_CASE(at_every_sync_of_a_life_keep_what_was_acknowledged) {
  for (std::uint64_t n = 1; n < 200; ++n) {
    BOOST_TEST_CONTEXT("crash at sync " << n) {
      std::mt19937_64 random(n);
      env.files->crash_at_sync(n);
      live(random, 4);
      const bool reached = env.files->crashed();
      env.files->lose_unsynced(unsynced::lost, random);
      judge();
      std::filesystem::remove_all(data_dir());
      acknowledged.clear();
      tried.clear();
      if (!reached) break;
    }
  }
}

BOOST_AUTO_TEST_CASE(one_after_another_at_random_keep_what_was_acknowledged) {
  const char* given = std::getenv("TASKDRIVER_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device{}();
  BOOST_TEST_MESSAGE("TASKDRIVER_TEST_SEED=" << seed);
  std::mt19937_64 random(seed);
  for (int life = 0; life < 40; ++life) {
    BOOST_TEST_CONTEXT("TASKDRIVER_TEST_SEED=" << seed << " life " << life) {
      env.files->crash_at_sync(1 + random() % 40);
      live(random, 5);
      env.files->lose_unsynced(unsynced(random() % 3), random);
      judge();
    }
  }
}

BOOST_AUTO_TEST_CASE(right_after_a_cut_lose_nothing_that_was_cut) {
  std::mt19937_64 random(7);
  {
    auto store = open();
    recording_observer observer(store.get());
    for (int i = 0; i < 30; ++i) write(*store, observer, {next_entry(1, random)});
    store->maintain(true);
    // Applied after the flush, so only the log has them.
    for (int i = 0; i < 5; ++i) write(*store, observer, {next_entry(1, random)});
    env.files->crash();
    note_acknowledged(observer);
  }
  env.files->lose_unsynced(unsynced::lost, random);
  const auto at = open()->recovered().shards[1];
  BOOST_TEST(at.base_index == 30u);
  BOOST_TEST(at.last_index == 35u);
  judge();
}

BOOST_AUTO_TEST_CASE(never_meet_a_log_cut_above_the_flushed_state) {
  std::mt19937_64 random(6);
  auto store = open();
  recording_observer observer(store.get());
  for (int i = 0; i < 10; ++i) write(*store, observer, {next_entry(1, random)});
  BOOST_TEST(cut_log(store->internals()).ok());  // applied, but nothing is flushed yet
  BOOST_TEST(store->read_log(shard_id{1}, 1, 1).ok());
  store->maintain(true);
  for (int i = 0; i < 10; ++i) write(*store, observer, {next_entry(1, random)});
  BOOST_TEST(cut_log(store->internals()).ok());
  BOOST_TEST(!store->read_log(shard_id{1}, 10, 1).ok());
  BOOST_TEST(store->read_log(shard_id{1}, 11, 1).ok());
}

BOOST_AUTO_TEST_CASE(replay_only_what_the_flushed_state_does_not_have) {
  std::mt19937_64 random(8);
  {
    auto store = open();
    recording_observer observer(store.get());
    for (int i = 0; i < 10; ++i) write(*store, observer, {next_entry(0, random)});
    store->maintain(true);
    for (int i = 0; i < 3; ++i) write(*store, observer, {next_entry(0, random)});
    env.files->crash();
  }
  env.files->lose_unsynced(unsynced::lost, random);
  BOOST_TEST(open()->recovered().replayed_entries == 3u);
  BOOST_TEST(open()->recovered().replayed_entries == 0u);  // closing flushed
}

BOOST_AUTO_TEST_CASE(keep_entries_that_a_slow_replica_still_needs) {
  std::mt19937_64 random(9);
  auto store = open();
  store->hold_log(shard_id{3}, 4);
  recording_observer observer(store.get());
  for (int i = 0; i < 8; ++i) write(*store, observer, {next_entry(3, random)});
  store->maintain(true);
  const auto entries = store->read_log(shard_id{3}, 4, 1 << 20);
  BOOST_REQUIRE(entries.ok());
  BOOST_TEST(entries->size() == 5u);
  BOOST_TEST(!store->read_log(shard_id{3}, 3, 1 << 20).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
