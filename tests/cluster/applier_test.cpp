// What is handed to the applier is applied in order, also when nobody waits for it.
#include "cluster/applier.hpp"

#include <boost/test/unit_test.hpp>
#include <future>

#include "storage/key_codec.hpp"
#include "storage/payload_codec.hpp"
#include "tests/support/temporary_directory.hpp"

namespace taskdriver::cluster {
namespace {

constexpr shard_id shard_1{1};

struct a_store {
  testing::temporary_directory directory;
  std::unique_ptr<storage::node_store> store;
  stream_table streams;
  std::atomic<std::uint64_t> reported = 0;
  std::optional<applier> applies;

  explicit a_store(std::chrono::milliseconds gathering = applier::gathering_time) {
    auto opened = storage::node_store::open({.data_dir = directory.path() + "/data"});
    BOOST_REQUIRE(opened.ok());
    store = std::move(*opened);
    applies.emplace(
        *store, [this](shard_id, std::uint64_t index) { reported = index; }, gathering);
  }
  ~a_store() { applies.reset(); }

  /// One entry with a value of so many bytes.
  void apply_bytes(std::uint64_t index, std::size_t bytes) {
    storage::payload_builder payload(bytes);
    storage::key_maker key(shard_1, project_number{1});
    payload.put(key.task(storage::record_kind::spec, sequence{1}), std::string(bytes, 'x'));
    std::vector<entry> entries;
    entries.push_back({.epoch = 1,
                       .index = index,
                       .payload = std::make_shared<const std::string>(payload.take())});
    applies->apply({shard_1, std::move(entries), &streams});
  }
  /// Entries of a backup, which no stream proposed, or as many as streams did.
  void apply(std::uint64_t first, std::uint64_t last, std::size_t own = 0) {
    std::vector<entry> entries;
    for (std::uint64_t i = first; i <= last; ++i)
      entries.push_back(
          {.epoch = 1,
           .index = i,
           .payload = std::make_shared<const std::string>(storage::payload_builder(0).take())});
    applies->apply({shard_1, std::move(entries), &streams, own});
  }
};

/// Hears when its stream may start, which is when all before it is applied.
class starting final : public stream_observer {
public:
  void committed(std::uint64_t) override {}
  void applied(std::uint64_t ticket) override {
    if (ticket == 0) started_.set_value();
  }
  void lost(const error_info&) override {}
  /// False: not for so long that it never will.
  bool wait() {
    return started_.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready;
  }

private:
  std::promise<void> started_;
};

/// Nothing is applied unless somebody waits for it: no test takes a day.
struct entries_that_gather_for_a_day : a_store {
  entries_that_gather_for_a_day() : a_store(std::chrono::hours(24)) {}

  /// A proposal that has its place in the log.
  void propose(std::uint64_t ticket) {
    BOOST_TEST_REQUIRE(streams.propose_accepted(owner, ticket, [] { return result<void>(); }).ok());
  }
  stream_ptr owner = streams.open(project_number{1}, std::make_shared<starting>());
  std::shared_ptr<starting> newer = std::make_shared<starting>();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(entries_that_nobody_waits_for, a_store)

BOOST_AUTO_TEST_CASE(are_applied_all_the_same) {
  apply(1, 3);
  while (reported < 3) std::this_thread::yield();
  BOOST_TEST(store->applied(shard_1) == 3u);
}

BOOST_AUTO_TEST_CASE(are_applied_before_a_call_that_came_after_them) {
  apply(1, 2);
  apply(3, 3);
  std::promise<std::uint64_t> then;
  applies->then([&] { then.set_value(store->applied(shard_1)); });
  BOOST_TEST(then.get_future().get() == 3u);
}

BOOST_AUTO_TEST_CASE(are_applied_before_the_end) {
  apply(1, 5);
  applies.reset();
  BOOST_TEST(store->applied(shard_1) == 5u);
  BOOST_TEST(reported == 5u);
}

BOOST_AUTO_TEST_CASE(may_be_more_than_one_batch) {
  apply(1, 700);
  apply(701, 1500);
  apply(1501, 1501);
  applies.reset();
  BOOST_TEST(store->applied(shard_1) == 1501u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(entries_that_somebody_waits_for, entries_that_gather_for_a_day)

BOOST_AUTO_TEST_CASE(are_applied_when_that_is_said_after_all) {
  apply(1, 3);
  applies->hasten();
  while (reported < 3) std::this_thread::yield();
  BOOST_TEST(store->applied(shard_1) == 3u);
}

BOOST_AUTO_TEST_CASE(are_applied_when_a_stream_opened_behind_them_before_they_were_committed) {
  propose(1);
  const auto opened = streams.open(project_number{1}, newer);
  applies->hasten();
  (void)streams.commit(1);
  apply(1, 1, 1);
  BOOST_TEST(newer->wait());
}

/// What it hastened were the entries that were there already.
BOOST_AUTO_TEST_CASE(are_applied_when_a_stream_opened_just_before_they_were_handed_over) {
  propose(1);
  apply(1, 1);
  (void)streams.commit(1);
  const auto opened = streams.open(project_number{1}, newer);
  applies->hasten();
  while (reported < 1) std::this_thread::yield();
  apply(2, 2, 1);
  BOOST_TEST(newer->wait());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_applier_that_is_behind, a_store)

/// What stands in the way is a call, as of an observer that takes long.
BOOST_AUTO_TEST_CASE(is_crowded_until_it_has_caught_up) {
  std::promise<void> gate;
  applies->then([opened = gate.get_future().share()] { opened.wait(); });
  BOOST_TEST(!applies->crowded());
  apply_bytes(1, std::size_t{5} << 20);
  BOOST_TEST(applies->crowded());
  auto waiting = std::async(std::launch::async, [&] { applies->wait_for_room(); });
  gate.set_value();
  waiting.get();
  BOOST_TEST(!applies->crowded());
  BOOST_TEST(store->applied(shard_1) == 1u);
}

/// It waits again and again, each time for room that is freed at that moment.
BOOST_AUTO_TEST_CASE(never_forgets_who_waits_for_room) {
  constexpr std::uint64_t entries = 800;
  for (std::uint64_t i = 1; i <= entries; ++i) {
    apply_bytes(i, std::size_t{64} << 10);
    applies->wait_for_room();
  }
  applies.reset();
  BOOST_TEST(store->applied(shard_1) == entries);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster
