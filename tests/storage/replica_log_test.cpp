// What a replica asks of its log: tickets, epoch runs, what is flushed, and the hold on the cut.
#include <boost/test/unit_test.hpp>

#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {
namespace {

constexpr shard_id shard_2{2};

struct replica_store : store_fixture {
  store_options without_replay() {
    store_options o = options();
    o.replay = false;
    return o;
  }
  std::unique_ptr<node_store> store = open(without_replay());

  void reopen() {
    store.reset();
    store = open(without_replay());
  }
  static log_entry entry(std::uint64_t index, std::uint64_t epoch) {
    log_entry made = put_entry(2, index, "k" + std::to_string(index), std::to_string(epoch));
    made.epoch = epoch;
    return made;
  }
  static std::vector<log_entry> entries(std::uint64_t first, std::uint64_t last,
                                        std::uint64_t epoch) {
    std::vector<log_entry> made;
    for (std::uint64_t i = first; i <= last; ++i) made.push_back(entry(i, epoch));
    return made;
  }
  void apply(std::uint64_t first, std::uint64_t last, std::uint64_t epoch) {
    BOOST_REQUIRE(store->apply(entries(first, last, epoch)).ok());
  }
};

std::vector<std::uint64_t> tickets(const std::vector<log_mark>& marks) {
  std::vector<std::uint64_t> found;
  for (const log_mark& mark : marks) found.push_back(mark.ticket);
  return found;
}

using numbers = std::vector<std::uint64_t>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(log_of_a_replica, replica_store)

BOOST_AUTO_TEST_CASE(reports_every_ticket_even_of_a_write_that_says_nothing_else) {
  recording_observer observer;
  {
    log_writer writer(*store, observer);
    BOOST_TEST(writer.append({.shard = shard_2, .seen_epoch = 4, .ticket = 1}, {}).ok());
    BOOST_TEST(writer.append({.shard = shard_2, .ticket = 2}, entries(1, 3, 4)).ok());
    BOOST_TEST(writer.append({.shard = shard_2, .ticket = 3}, {}).ok());
  }
  BOOST_TEST(tickets(observer.marks()) == (numbers{1, 2, 3}));
  BOOST_TEST(observer.durable_entries().size() == 3u);
}

BOOST_AUTO_TEST_CASE(gives_the_runs_of_its_epochs_after_the_base) {
  recording_observer observer;
  {
    log_writer writer(*store, observer);
    BOOST_TEST(writer.append({.shard = shard_2, .ticket = 1}, entries(1, 3, 1)).ok());
    BOOST_TEST(writer.append({.shard = shard_2, .ticket = 2}, entries(4, 6, 2)).ok());
    BOOST_TEST(
        writer.append({.shard = shard_2, .truncate_from = 6, .ticket = 3}, entries(6, 7, 5)).ok());
  }
  using runs = std::vector<epoch_run>;
  BOOST_TEST((store->position(shard_2).value().runs == runs{{1, 1}, {4, 2}, {6, 5}}));
  apply(1, 4, 1);
  store->maintain(true);
  reopen();
  const shard_position at = store->recovered().shards[2];
  BOOST_TEST((at.runs == runs{{5, 2}, {6, 5}}));
  BOOST_TEST(at.base_index == 4u);
  BOOST_TEST(at.base_epoch == 2u);
  BOOST_TEST((store->position(shard_2).value() == at));
}

BOOST_AUTO_TEST_CASE(keeps_its_tail_unapplied_at_an_opening_without_replay) {
  recording_observer observer;
  write(*store, observer, entries(1, 5, 1));
  apply(1, 2, 1);
  reopen();
  BOOST_TEST(store->applied(shard_2) == 2u);
  BOOST_TEST(store->recovered().shards[2].last_index == 5u);
  BOOST_TEST(get(*store, 2, "k3") == "<none>");
}

BOOST_AUTO_TEST_CASE(ends_where_a_mark_without_entries_truncated_it) {
  recording_observer observer;
  {
    log_writer writer(*store, observer);
    BOOST_TEST(writer.append({.shard = shard_2, .ticket = 1}, entries(1, 5, 1)).ok());
    BOOST_TEST(writer.append({.shard = shard_2, .truncate_from = 3, .ticket = 2}, {}).ok());
  }
  BOOST_TEST(store->position(shard_2).value().last_index == 2u);
  log_writer writer(*store, observer);
  BOOST_TEST(writer.append({.shard = shard_2, .ticket = 3}, entries(3, 3, 2)).ok());
}

BOOST_AUTO_TEST_CASE(tells_what_is_flushed_only_after_a_flush) {
  recording_observer observer;
  write(*store, observer, entries(1, 9, 1));
  apply(1, 8, 1);
  BOOST_TEST((store->flushed(shard_2) == flushed_position{0, 0}));
  store->maintain(true);
  BOOST_TEST((store->flushed(shard_2) == flushed_position{8, 8}));
  reopen();
  BOOST_TEST((store->flushed(shard_2) == flushed_position{8, 8}));
}

BOOST_AUTO_TEST_CASE(is_not_cut_from_where_it_is_held) {
  recording_observer observer;
  write(*store, observer, entries(1, 9, 1));
  apply(1, 8, 1);
  store->hold_log(shard_2, 5);
  store->maintain(true);
  BOOST_TEST((store->flushed(shard_2) == flushed_position{8, 4}));
  BOOST_TEST(store->read_log(shard_2, 5, 1).ok());
  store->hold_log(shard_2, 7);
  store->maintain(true);
  BOOST_TEST((store->flushed(shard_2) == flushed_position{8, 6}));
  store->hold_log(shard_2, 1);  // brings nothing back
  store->maintain(true);
  BOOST_TEST((store->flushed(shard_2) == flushed_position{8, 6}));
}

BOOST_AUTO_TEST_CASE(is_bounded_by_the_replicas_and_not_by_the_queue) {
  store.reset();
  store_options bounded = without_replay();
  bounded.limits.queue_bytes_max = 0;
  bounded.limits.entry_bytes_max = 10;
  store = open(bounded);
  recording_observer observer;
  log_writer writer(*store, observer);
  for (std::uint64_t i = 1; i <= 50; ++i)
    BOOST_TEST(writer.append({.shard = shard_2, .ticket = i}, entries(i, i, 1)).ok());
}

BOOST_AUTO_TEST_SUITE_END()

/// The disk is full while entries 3 and 4, and a mark, are written; they are too large for the
/// space that the write-ahead log has already.
struct refused_replica : replica_store {
  recording_observer observer;
  std::unique_ptr<log_writer> writer;

  refused_replica() {
    write(*store, observer, entries(1, 2, 1));
    writer = std::make_unique<log_writer>(*store, observer);
    env.files->set_space(10);
    std::vector<log_entry> large = entries(3, 4, 1);
    large.back().payload.append(512 * 1024, 'x');
    BOOST_REQUIRE(writer->append({.shard = shard_2, .seen_epoch = 9, .ticket = 7}, large).ok());
    observer.wait_settled(4, *store);
  }
  void make_room() {
    env.files->set_space(std::nullopt);
    store->maintain(false);
    BOOST_REQUIRE(store->writable());
  }
};

BOOST_FIXTURE_TEST_SUITE(refused_writes_of_a_replica, refused_replica)

BOOST_AUTO_TEST_CASE(are_told_by_their_tickets_and_never_as_durable) {
  BOOST_TEST(tickets(observer.refused_marks_seen()) == numbers{7});
  BOOST_TEST(observer.marks().empty());
  BOOST_TEST(observer.refused_entries().size() == 2u);
}

BOOST_AUTO_TEST_CASE(are_followed_by_no_write_that_builds_on_them) {
  make_room();
  // Would fit the log on disk, but its replica believes that epoch 9 is noted there.
  const auto next = writer->append({.shard = shard_2, .ticket = 8}, entries(3, 3, 9));
  BOOST_REQUIRE(!next.ok());
  BOOST_TEST((next.error().code == errc::unavailable));
  BOOST_TEST(writer->append({.shard = shard_id{1}, .ticket = 9}, {put_entry(1, 1, "a", "b")}).ok());
}

BOOST_AUTO_TEST_CASE(let_a_replica_made_anew_from_the_disk_go_on) {
  make_room();
  const shard_position at = store->position(shard_2).value();
  BOOST_TEST(at.last_index == 2u);
  BOOST_TEST(at.seen_epoch == 0u);
  writer->rejoin(shard_2);
  BOOST_TEST(
      writer->append({.shard = shard_2, .seen_epoch = 9, .ticket = 1}, entries(3, 3, 9)).ok());
  writer.reset();
  env.files->crash();
  store.reset();
  std::mt19937_64 random(1);
  env.files->lose_unsynced(taskdriver::testing::unsynced::lost, random);
  store = open(without_replay());
  const shard_position then = store->recovered().shards[2];
  BOOST_TEST(then.last_index == 3u);
  BOOST_TEST(then.last_epoch == 9u);
  BOOST_TEST(then.seen_epoch == 9u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
