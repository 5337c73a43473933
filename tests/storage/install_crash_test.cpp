// A crash before every single change to the disk during an install: old or new, never a mixture.
#include <boost/test/unit_test.hpp>

#include "tests/storage/shard_copies.hpp"

namespace taskdriver::storage::testing {
namespace {

using taskdriver::testing::unsynced;

/// One target directory, made once and copied for every crash.
struct crashing_install : shard_copies {
  std::vector<std::string> chunks;
  std::vector<std::string> new_names;
  bool keep_suffix = false;
  bool returned_ok = false;

  /// Old state partly flushed, partly in the log only; a tail that is not applied.
  void prepare(bool suffix) {
    keep_suffix = suffix;
    {
      auto source = open_node("source");
      fill(*source, shard, 1, 10, 3, 10, "new");
      source->maintain(true);
      fill(*source, shard, 11, 400, 3, 400, "new", 400);
      chunks = stream_of(*source);
      new_names = names_in(*source, shard);
    }
    auto target = open_node("prepared");
    fill(*target, bystander, 1, 5, 1, 5, "other");
    fill(*target, shard, 1, 4, 3, 4, "old");
    target->maintain(true);
    fill(*target, shard, 5, suffix ? 402 : 8, 3, 6, "old");
  }

  void copy_prepared() {
    std::filesystem::remove_all(dir_of("target"));
    std::filesystem::copy(dir_of("prepared"), dir_of("target"),
                          std::filesystem::copy_options::recursive);
  }

  /// Opens, lets another shard write in between, installs, and loses power at change `n`.
  void live(std::uint64_t n) {
    returned_ok = false;
    auto store = open_node("target");
    fill(*store, bystander, 6, 7, 1, 7, "other");
    env.files->crash_at_change(n);
    auto gathered = gather(*store, chunks);
    returned_ok = gathered && gathered->install(keep_suffix).ok();
    const bool reached = env.files->crashed();
    env.files->crash();
    gathered.reset();
    store.reset();
    if (!reached) BOOST_TEST(returned_ok);
  }

  bool is_new(node_store& store) {
    const shard_position at = store.position(shard).value();
    if (at.base_index != 400) return false;
    BOOST_TEST(at.base_epoch == 3u);
    BOOST_TEST(at.applied_index == 400u);
    BOOST_TEST(at.last_index == (keep_suffix ? 402u : 400u));
    BOOST_TEST((names_in(store, shard) == new_names));
    return true;
  }

  void judge() {
    auto opened = node_store::open(options_of("target"));
    BOOST_REQUIRE_MESSAGE(opened.ok(), (opened ? "" : opened.error().text));
    node_store& store = **opened;
    BOOST_TEST(incoming_of("target").empty());
    BOOST_TEST(store.position(bystander).value().last_index == 7u);
    if (is_new(store)) return;
    BOOST_TEST(!returned_ok);
    const shard_position at = store.position(shard).value();
    BOOST_TEST(at.last_index == (keep_suffix ? 402u : 8u));
    BOOST_REQUIRE(at.applied_index == 6u);
    const std::vector<std::string> old = {"old1", "old2", "old3", "old4", "old5", "old6"};
    BOOST_TEST((names_in(store, shard) == old));
    // The primary streams once more.
    auto again = gather(store, chunks);
    BOOST_REQUIRE(again);
    BOOST_REQUIRE(again->install(keep_suffix).ok());
    BOOST_TEST(is_new(store));
  }

  void crash_everywhere(bool suffix) {
    prepare(suffix);
    std::uint64_t n = 1;
    for (bool reached = true; reached; ++n) {
      BOOST_TEST_CONTEXT("crash at change " << n) {
        std::mt19937_64 random(n);
        copy_prepared();
        live(n);
        env.files->lose_unsynced(unsynced(n % 3), random);
        judge();
        reached = !returned_ok;
      }
    }
    BOOST_TEST_MESSAGE(n << " places of a crash");
    BOOST_TEST(n > 20u);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(crash_during_an_install, crashing_install)

BOOST_AUTO_TEST_CASE(leaves_the_old_shard_or_the_new_one) {
  crash_everywhere(false);
}

BOOST_AUTO_TEST_CASE(leaves_one_of_them_also_when_a_suffix_is_kept) {
  crash_everywhere(true);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
