// A shard that moved away is dropped from a store: all of it goes but the highest epoch seen.
#include <boost/test/unit_test.hpp>

#include "storage/dropped_room.hpp"
#include "storage/engine.hpp"
#include "storage/log_codec.hpp"
#include "storage/shard_drop.hpp"
#include "tests/storage/shard_copies.hpp"

namespace taskdriver::storage::testing {
namespace {

using taskdriver::testing::unsynced;

constexpr std::uint64_t seen = 9;

/// Shard 2 has state and log, partly flushed; the bystander has some as well.
struct moved_away : shard_copies {
  std::unique_ptr<node_store> store;
  std::atomic<bool> give_up = false;

  moved_away() {
    store = open_node("node");
    fill(*store, bystander, 1, 5, 1, 5, "other");
    fill(*store, shard, 1, 40, 3, 40, "old", 400);
    store->maintain(true);
    fill(*store, shard, 41, 48, 3, 48, "old");
    recording_observer observer;
    log_writer writer(*store, observer);
    BOOST_REQUIRE(writer.append({.shard = shard, .seen_epoch = seen}, {}).ok());
  }
  void reopen() {
    store.reset();
    store = open_node("node");
  }
  static bool is_dropped(node_store& store) {
    const shard_position at = store.position(shard).value();
    BOOST_TEST(at.seen_epoch == seen);
    if (at.last_index != 0) return false;
    BOOST_TEST((at == shard_position{.seen_epoch = seen}));
    BOOST_TEST(names_in(store, shard).empty());
    return true;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(drop_of_a_shard, moved_away)

BOOST_AUTO_TEST_CASE(leaves_its_highest_epoch_and_all_of_the_others) {
  BOOST_REQUIRE(drop_shard(*store, shard).ok());
  for (int life = 0; life < 3; ++life) {
    BOOST_TEST(is_dropped(*store));
    BOOST_TEST((store->flushed(shard) == flushed_position{}));
    BOOST_TEST(names_in(*store, bystander).size() == 5u);
    BOOST_TEST(store->position(bystander).value().last_index == 5u);
    BOOST_TEST(incoming_of("node").empty());
    reopen();
  }
}

BOOST_AUTO_TEST_CASE(lets_the_shard_begin_anew) {
  BOOST_REQUIRE(drop_shard(*store, shard).ok());
  fill(*store, shard, 1, 3, 10, 2, "new");
  for (int life = 0; life < 2; ++life) {
    BOOST_TEST((names_in(*store, shard) == std::vector<std::string>{"new1", "new2"}));
    BOOST_TEST(store->position(shard).value().last_index == 3u);
    reopen();
  }
}

BOOST_AUTO_TEST_CASE(is_followed_by_the_room_it_took) {
  fill(*store, shard, 49, 600, 3, 600, "large", 20'000);
  store->maintain(true);
  const auto before = store->sizes().state_bytes;
  BOOST_REQUIRE(drop_shard(*store, shard).ok());
  BOOST_TEST((dropped_with_room(*store) == std::vector<shard_id>{shard}));
  reopen();  // also one that ended in between
  BOOST_TEST((dropped_with_room(*store) == std::vector<shard_id>{shard}));
  free_room(*store, shard, give_up);
  BOOST_TEST(dropped_with_room(*store).empty());
  BOOST_TEST_MESSAGE(before << " bytes before, " << store->sizes().state_bytes << " after");
  BOOST_TEST(store->sizes().state_bytes < before / 10);
  for (int life = 0; life < 2; ++life) {
    BOOST_TEST(is_dropped(*store));
    BOOST_TEST(names_in(*store, bystander).size() == 5u);
    reopen();
  }
}

/// At every change to the disk, as in install_crash_test.cpp.
BOOST_AUTO_TEST_CASE(leaves_all_or_nothing_in_a_crash) {
  store.reset();
  std::filesystem::copy(dir_of("node"), dir_of("prepared"),
                        std::filesystem::copy_options::recursive);
  bool returned_ok = false;
  std::uint64_t n = 1;
  for (; !returned_ok; ++n) {
    BOOST_TEST_CONTEXT("crash at change " << n) {
      store.reset();
      std::filesystem::remove_all(dir_of("node"));
      std::filesystem::copy(dir_of("prepared"), dir_of("node"),
                            std::filesystem::copy_options::recursive);
      store = open_node("node");
      fill(*store, bystander, 6, 7, 1, 7, "other");
      env.files->crash_at_change(n);
      returned_ok = drop_shard(*store, shard).ok();
      env.files->crash();
      store.reset();
      std::mt19937_64 random(n);
      env.files->lose_unsynced(unsynced(n % 3), random);
      store = open_node("node");
      BOOST_TEST(store->position(bystander).value().last_index == 7u);
      if (is_dropped(*store)) continue;
      BOOST_TEST(!returned_ok);
      BOOST_TEST(store->position(shard).value().last_index == 48u);
      BOOST_TEST(names_in(*store, shard).size() == 48u);
    }
  }
  BOOST_TEST_MESSAGE(n << " places of a crash");
  BOOST_TEST(n > 10u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
