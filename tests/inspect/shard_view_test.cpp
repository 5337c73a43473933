// A state with entries above it in memory reads like one that had them applied.
#include "tools/inspect/shard_view.hpp"

#include <boost/test/unit_test.hpp>
#include <random>

#include "storage/key_codec.hpp"
#include "tests/inspect/small_store.hpp"
#include "tools/inspect/data_directory.hpp"

namespace taskdriver::inspect::testing {
namespace {

using contents = std::map<std::string, std::string>;

struct viewed_store : storage::testing::store_fixture {
  std::mt19937_64 random{0};
  contents model;
  std::uint64_t index = 0;

  std::string any_key() {
    return storage::testing::test_key(0, std::string(1, "abcdefghijklmnop"[random() % 16]));
  }
  /// A few operations on few keys, so that they meet.
  storage::log_entry any_entry() {
    storage::payload_builder payload;
    for (int n = 0; n < 4; ++n) {
      const std::string key = any_key();
      std::string end = any_key();
      switch (random() % 4) {
        case 0:
          payload.erase(key);
          model.erase(key);
          break;
        case 1:
          if (end <= key) break;
          payload.erase_range(key, end);
          model.erase(model.lower_bound(key), model.lower_bound(end));
          break;
        default:
          model[key] = std::to_string(random());
          payload.put(key, model[key]);
      }
    }
    return {shard_id{0}, 1, ++index, payload.take()};
  }
  void write_some(int entries, bool apply) {
    storage::store_options with = options();
    with.replay = false;
    auto store = open(with);
    storage::testing::recording_observer observer(apply ? store.get() : nullptr);
    std::vector<storage::log_entry> all;
    for (int n = 0; n < entries; ++n) all.push_back(any_entry());
    write(*store, observer, std::move(all));
  }
  contents read_all(shard_view& view) {
    contents all;
    view_scan scan(view);
    for (scan.seek(storage::shard_range_begin(shard_id{0}), storage::shard_range_end(shard_id{0}));
         scan.valid(); scan.next())
      all.emplace(scan.key(), scan.value());
    BOOST_TEST(scan.status().ok());
    return all;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_view_of_a_shard)

BOOST_AUTO_TEST_CASE(equals_the_model_for_any_mix_of_puts_deletes_and_ranges) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      viewed_store store;
      store.random.seed(seed);
      store.write_some(8, true);
      store.write_some(8, false);
      auto opened = data_directory::open(store.data_dir());
      BOOST_REQUIRE(opened.ok());
      shard_view view(*opened->store, shard_id{0});
      BOOST_REQUIRE(view.add_log(*opened->positions[0], 16).ok());
      BOOST_TEST((store.read_all(view) == store.model));
      for (char name = 'a'; name <= 'p'; ++name) {
        const std::string key = storage::testing::test_key(0, std::string(1, name));
        const auto found = view.get(key);
        BOOST_REQUIRE(found.ok());
        BOOST_TEST(found->has_value() == store.model.contains(key));
        if (*found) BOOST_TEST(**found == store.model[key]);
      }
    }
  }
}

BOOST_FIXTURE_TEST_CASE(stops_at_the_entry_that_was_asked_for, viewed_store) {
  write_some(3, false);
  const contents before = model;
  write_some(3, false);
  auto opened = data_directory::open(data_dir());
  shard_view view(*opened->store, shard_id{0});
  BOOST_REQUIRE(view.add_log(*opened->positions[0], 3).ok());
  BOOST_TEST((read_all(view) == before));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::inspect::testing
