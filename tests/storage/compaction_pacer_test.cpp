// Compaction leaves the cores to requests while it has time, and only then.
#include "storage/compaction_pacer.hpp"

#include <time.h>

#include <boost/test/unit_test.hpp>
#include <vector>

#include "storage/engine.hpp"
#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

/// Works until the clock of the thread's CPU has gone on.
void use_cpu() {
  const auto now = [] {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return used.tv_sec * 1'000'000'000 + used.tv_nsec;
  };
  const auto begun = now();
  while (now() < begun + 10'000) {
  }
}

struct paced_thread {
  std::vector<nanoseconds> rests;
  compaction_pacer pacer{[this](nanoseconds rest) { rests.push_back(rest); }};

  paced_thread() { pacer.allow(0.5); }
  void write(rocksdb::Env::IOPriority priority) {
    use_cpu();
    pacer.Request(1000, priority, nullptr);
  }
};

struct store_without_compaction : store_fixture {
  std::unique_ptr<node_store> store = open();
  recording_observer observer{store.get()};
  std::uint64_t index = 0;

  store_without_compaction() {
    engine& inside = store->internals();
    const std::unordered_map<std::string, std::string> off{{"disable_auto_compactions", "true"}};
    BOOST_REQUIRE(inside.db().SetOptions(inside.state, off).ok());
    BOOST_REQUIRE(inside.db().SetOptions(inside.log, off).ok());
  }
  double share() { return store->internals().pacer->share(); }
  void add_state_files(int count) {
    for (int i = 0; i < count; ++i) {
      ++index;
      BOOST_REQUIRE(store->apply(std::vector{put_entry(0, index, "a", "1")}).ok());
      const auto& db = store->internals();
      BOOST_REQUIRE(db.db().Flush({}, db.state).ok());
    }
    store->maintain(false);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(share_of_compaction)

BOOST_AUTO_TEST_CASE(is_little_while_there_are_few_files) {
  BOOST_TEST(compaction_share(0) == 0.15);
  BOOST_TEST(compaction_share(24) == 0.15);
}

BOOST_AUTO_TEST_CASE(is_a_whole_core_before_writes_are_slowed_down) {
  BOOST_TEST(compaction_share(40) == 1.0);
  BOOST_TEST(compaction_share(1000) == 1.0);
}

BOOST_AUTO_TEST_CASE(grows_with_the_files_in_between) {
  for (int files = 25; files <= 40; ++files) {
    BOOST_TEST(compaction_share(files) > compaction_share(files - 1));
  }
}

BOOST_AUTO_TEST_CASE(is_kept_by_resting) {
  BOOST_TEST(rest_after(10ms, 0.25).count() == nanoseconds(30ms).count());
  BOOST_TEST(rest_after(10ms, 1).count() == 0);
}

BOOST_AUTO_TEST_CASE(never_makes_a_store_that_closes_wait_for_long) {
  BOOST_TEST(rest_after(10s, 0.1).count() == nanoseconds(250ms).count());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(pacer, paced_thread)

BOOST_AUTO_TEST_CASE(lets_a_compaction_rest_after_what_it_used) {
  write(rocksdb::Env::IO_LOW);
  BOOST_REQUIRE(rests.size() == 1u);
  BOOST_TEST(rests[0].count() >= 10'000);
}

BOOST_AUTO_TEST_CASE(does_not_count_the_same_cpu_twice) {
  for (int i = 0; i < 1000; ++i) use_cpu();
  pacer.Request(1000, rocksdb::Env::IO_LOW, nullptr);
  pacer.Request(1000, rocksdb::Env::IO_LOW, nullptr);
  BOOST_REQUIRE(rests.size() == 2u);
  BOOST_TEST(rests[1].count() < rests[0].count());
}

BOOST_AUTO_TEST_CASE(holds_up_no_flush_and_no_compaction_that_writes_wait_for) {
  write(rocksdb::Env::IO_HIGH);
  write(rocksdb::Env::IO_USER);
  BOOST_TEST(rests.empty());
}

BOOST_AUTO_TEST_CASE(lets_nobody_rest_when_there_is_no_time) {
  pacer.allow(1);
  write(rocksdb::Env::IO_LOW);
  BOOST_TEST(rests.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(keeper_paces_compaction, store_without_compaction)

BOOST_AUTO_TEST_CASE(with_the_pacer_that_the_database_asks) {
  const engine& inside = store->internals();
  BOOST_TEST(inside.db().GetDBOptions().rate_limiter == inside.pacer);
}

BOOST_AUTO_TEST_CASE(by_the_files_that_wait) {
  add_state_files(20);
  BOOST_TEST(share() == 0.15);
  add_state_files(10);
  BOOST_TEST(share() > 0.15);
  BOOST_TEST(share() < 1.0);
  add_state_files(10);
  BOOST_TEST(share() == 1.0);
  BOOST_TEST(store->sizes().unmerged_files == 40u);
}

BOOST_AUTO_TEST_CASE(not_at_all_where_it_may_free_room) {
  auto low = options();
  low.data_dir += "2";
  low.limits.free_bytes_min = ~std::uint64_t{0};
  const auto without_room = open(low);
  BOOST_TEST(without_room->internals().pacer->share() == 1.0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
