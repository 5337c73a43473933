// The thread that gives back what dropped shards took: all of it, one after the other, or not when
// it is told to stop.
#include "storage/dropped_room.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <thread>

#include "storage/engine.hpp"
#include "storage/key_codec.hpp"
#include "storage/shard_drop.hpp"
#include "tests/storage/shard_copies.hpp"

namespace taskdriver::storage::testing {
namespace {

using shard_list = std::vector<shard_id>;

/// Waits until `holds`; generous, since machines are slow. False: it never did.
bool eventually(const auto& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

/// All shards but the bystander are about to be dropped; each has 12 MB, which compress well.
struct three_shards : shard_copies {
  const shard_list dropped{shard_id{0}, shard_id{2}, shard_id{3}};
  std::unique_ptr<node_store> store;

  three_shards() {
    store = open_node("node");
    fill(*store, bystander, 1, 5, 1, 5, "other");
    for (const auto shard : dropped) fill(*store, shard, 1, 600, 3, 600, "old", 20'000);
    store->maintain(true);
  }
  void drop_all() {
    for (const auto shard : dropped) BOOST_REQUIRE(drop_shard(*store, shard).ok());
    BOOST_REQUIRE((dropped_with_room(*store) == dropped));
  }
  bool all_is_free() {
    return eventually([&] { return dropped_with_room(*store).empty(); });
  }

  rocksdb::DB& database() { return store->internals().db(); }
  /// A compaction of the shard's range has to flush this before, which it cannot while RocksDB's
  /// threads pause.
  void put_into_memory(shard_id shard) {
    rocksdb::WriteOptions unlogged;
    unlogged.disableWAL = true;
    BOOST_REQUIRE(
        database().Delete(unlogged, store->internals().state, shard_range_begin(shard)).ok());
  }
  bool waits_for_a_flush() {
    return eventually([&] { return number(rocksdb::DB::Properties::kMemTableFlushPending) > 0; });
  }
  bool memory_is_flushed() {
    return eventually(
        [&] { return number(rocksdb::DB::Properties::kNumEntriesActiveMemTable) == 0; });
  }
  std::uint64_t number(const std::string& property) {
    std::uint64_t value = 0;
    BOOST_REQUIRE(database().GetIntProperty(store->internals().state, property, &value));
    return value;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(room_of_dropped_shards, three_shards)

BOOST_AUTO_TEST_CASE(that_an_earlier_life_left_is_freed_without_being_asked_for) {
  drop_all();
  store.reset();
  store = open_node("node");
  dropped_room room(*store);
  BOOST_TEST(all_is_free());
  BOOST_TEST(names_in(*store, bystander).size() == 5u);
}

/// So little data is compacted all at once, whichever shard's it is: that each of the shards had
/// its turn shows in what had to be flushed for it.
BOOST_AUTO_TEST_CASE(is_freed_in_turn_while_more_of_them_come) {
  dropped_room room(*store);
  drop_all();
  for (const auto waiting : {dropped[1], dropped[2]}) {
    BOOST_REQUIRE(database().PauseBackgroundWork().ok());
    put_into_memory(dropped[0]);
    room.free(dropped[0]);
    BOOST_TEST(waits_for_a_flush());
    put_into_memory(waiting);
    room.free(dropped[1]);
    room.free(dropped[2]);
    BOOST_REQUIRE(database().ContinueBackgroundWork().ok());
    BOOST_TEST(memory_is_flushed());
  }
  BOOST_TEST(all_is_free());
  BOOST_TEST(names_in(*store, bystander).size() == 5u);
}

BOOST_AUTO_TEST_CASE(stays_when_it_is_stopped_in_the_middle_and_is_freed_by_the_next) {
  drop_all();
  {
    BOOST_REQUIRE(database().PauseBackgroundWork().ok());
    for (const auto shard : dropped) put_into_memory(shard);
    dropped_room room(*store);
    BOOST_TEST(waits_for_a_flush());
    room.stop();
    BOOST_REQUIRE(database().ContinueBackgroundWork().ok());
  }
  BOOST_TEST((dropped_with_room(*store) == dropped));
  dropped_room room(*store);
  BOOST_TEST(all_is_free());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
