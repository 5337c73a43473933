// Group commit: what is appended becomes durable once, in order, with fewer fsyncs than appends.
#include <boost/test/unit_test.hpp>
#include <thread>

#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {

BOOST_FIXTURE_TEST_SUITE(log_writing, store_fixture)

BOOST_AUTO_TEST_CASE(many_threads_share_fsyncs_and_every_shard_keeps_its_order) {
  auto store = open();
  recording_observer observer(store.get());
  constexpr std::uint64_t per_shard = 500;
  {
    log_writer writer(*store, observer);
    std::vector<std::thread> threads;
    for (std::uint16_t shard = 0; shard < 4; ++shard) {
      threads.emplace_back([&, shard] {
        for (std::uint64_t index = 1; index <= per_shard; ++index) {
          if (!writer.append(put_entry(shard, index, "last", std::to_string(index)))) return;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    observer.wait_settled(4 * per_shard, *store);
    BOOST_TEST(writer.stats().entries == 4 * per_shard);
    BOOST_TEST(writer.stats().fsyncs < 4 * per_shard);
  }
  std::map<shard_id, std::uint64_t> last;
  for (const log_entry& entry : observer.durable_entries()) {
    BOOST_REQUIRE(entry.index == ++last[entry.shard]);
  }
  for (std::uint16_t shard = 0; shard < 4; ++shard) BOOST_TEST(get(*store, shard, "last") == "500");
}

BOOST_AUTO_TEST_CASE(an_index_that_does_not_follow_is_refused) {
  auto store = open();
  recording_observer observer;
  log_writer writer(*store, observer);
  BOOST_TEST(writer.append(put_entry(0, 1, "a", "1")).ok());
  const auto gap = writer.append(put_entry(0, 3, "a", "3"));
  BOOST_REQUIRE(!gap.ok());
  BOOST_TEST((gap.error().code == errc::unavailable));
  BOOST_TEST(writer.append(put_entry(0, 2, "a", "2")).ok());
}

/// Holds the writer thread inside a batch, so that what is appended meanwhile stays queued.
struct holding_observer final : log_observer {
  std::mutex gate;
  void durable(std::span<log_entry>) override { std::lock_guard wait(gate); }
  void marked(std::span<const log_mark>) override {}
  void refused(std::span<const log_entry>, const error_info&) override {}
};

/// A log writer of which nothing leaves the queue until its end.
struct queue_that_waits {
  queue_that_waits(store_fixture& f, std::size_t bytes_max)
      : store(f.open(bounded(f, bytes_max))) {}
  ~queue_that_waits() { hold.unlock(); }

  static store_options bounded(store_fixture& f, std::size_t bytes_max) {
    auto o = f.options();
    o.limits.queue_bytes_max = bytes_max;
    return o;
  }

  std::unique_ptr<node_store> store;
  holding_observer observer;
  std::unique_lock<std::mutex> hold{observer.gate};
  log_writer writer{*store, observer};
};

const std::string large(6 * mebibyte, 'x');

BOOST_AUTO_TEST_CASE(entries_beyond_the_queue_bound_are_refused_as_overload) {
  queue_that_waits queue(*this, 0);
  BOOST_TEST(queue.writer.append(put_entry(0, 1, "a", "1")).ok());
  const auto second = queue.writer.append(put_entry(0, 2, "a", "2"));
  BOOST_REQUIRE(!second.ok());
  BOOST_TEST((second.error().code == errc::unavailable));
}

BOOST_AUTO_TEST_CASE(what_comes_behind_a_large_entry_is_not_refused) {
  queue_that_waits queue(*this, 4 * mebibyte);
  auto& writer = queue.writer;
  BOOST_TEST(writer.append(put_entry(0, 1, "a", large)).ok());
  BOOST_TEST(!writer.crowded());
  BOOST_TEST(writer.append(put_entry(0, 2, "a", "2")).ok());
  // Of small ones it is full as before.
  const std::string one(mebibyte - 1024, 'x');
  for (std::uint64_t i = 3; i < 5; ++i) BOOST_TEST(writer.append(put_entry(0, i, "a", one)).ok());
  BOOST_TEST(writer.crowded());
  BOOST_TEST(writer.append(put_entry(0, 5, "a", one)).ok());
  BOOST_TEST(writer.append(put_entry(0, 6, "a", one)).ok());
  BOOST_TEST(!writer.append(put_entry(0, 7, "a", "7")).ok());
}

BOOST_AUTO_TEST_CASE(many_large_entries_are_refused_by_their_bytes) {
  queue_that_waits queue(*this, 4 * mebibyte);
  auto& writer = queue.writer;
  for (std::uint64_t i = 1; i <= 3; ++i)
    BOOST_TEST(writer.append(put_entry(0, i, "a", large)).ok());
  BOOST_TEST(writer.crowded());
  BOOST_TEST(!writer.append(put_entry(0, 4, "a", "4")).ok());
}

BOOST_AUTO_TEST_CASE(a_mark_truncates_and_raises_the_seen_epoch_with_its_entries) {
  store_options without_replay = options();
  without_replay.replay = false;
  {
    auto store = open(without_replay);
    recording_observer observer;
    log_writer writer(*store, observer);
    for (std::uint64_t i = 1; i <= 5; ++i) {
      BOOST_TEST(writer.append(put_entry(2, i, "x", std::to_string(i))).ok());
    }
    log_entry replacement = put_entry(2, 3, "x", "new");
    replacement.epoch = 7;
    BOOST_TEST(writer.append(log_mark{shard_id{2}, 7, 3}, {replacement}).ok());
    observer.wait_settled(6, *store);
    BOOST_REQUIRE(observer.marks().size() == 1);
  }
  auto store = open(without_replay);
  const shard_position at = store->recovered().shards[2];
  BOOST_TEST(at.last_index == 3u);
  BOOST_TEST(at.last_epoch == 7u);
  BOOST_TEST(at.seen_epoch == 7u);
  BOOST_TEST(at.applied_index == 0u);
}

BOOST_AUTO_TEST_CASE(the_hook_hears_of_each_fsync) {
  auto store = open();
  recording_observer observer;
  std::size_t heard = 0, impossible = 0;  // of the writer's thread, which has ended when they count
  {
    log_writer writer(*store, observer,
                      [&](double seconds, std::size_t entries, std::size_t bytes) {
                        if (seconds < 0 || bytes == 0) ++impossible;
                        heard += entries;
                      });
    for (std::uint64_t i = 1; i <= 10; ++i)
      BOOST_TEST(writer.append(put_entry(0, i, "a", "b")).ok());
    observer.wait_settled(10, *store);
  }
  BOOST_TEST(heard == 10u);
  BOOST_TEST(impossible == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
