// A shard copied from one store to another by a checkpoint: the copy is equal, the rest untouched.
#include <boost/test/unit_test.hpp>
#include <numeric>
#include <thread>

#include "storage/engine.hpp"
#include "tests/storage/shard_copies.hpp"

namespace taskdriver::storage::testing {
namespace {

/// The source has entries 1..10 of epoch 3 applied; the target is a replica that is behind.
struct behind : shard_copies {
  std::unique_ptr<node_store> source = open_node("source");
  std::unique_ptr<node_store> target = open_node("target");

  behind() {
    fill(*source, shard, 1, 10, 3, 10, "new");
    fill(*target, bystander, 1, 5, 1, 5, "other");
  }
  void reopen_target() {
    target.reset();
    target = open_node("target");
  }
};

std::string joined(const std::vector<std::string>& chunks) {
  return std::accumulate(chunks.begin(), chunks.end(), std::string());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(checkpoint_of_a_shard, behind)

BOOST_AUTO_TEST_CASE(says_what_it_is_of) {
  auto opened = shard_checkpoint::open(*source, shard).value()->header();
  BOOST_TEST((opened == checkpoint_header{shard, 4, 10, 3}));
  source->maintain(true);  // the entry is cut away, and its epoch is the base's
  opened = shard_checkpoint::open(*source, shard).value()->header();
  BOOST_TEST((opened == checkpoint_header{shard, 4, 10, 3}));
}

BOOST_AUTO_TEST_CASE(of_a_shard_without_entries_is_one_of_nothing) {
  const auto opened = shard_checkpoint::open(*source, shard_id{0}).value();
  BOOST_TEST((opened->header() == checkpoint_header{shard_id{0}, 4, 0, 0}));
}

BOOST_AUTO_TEST_CASE(shows_the_state_of_its_opening) {
  const std::string before = joined(stream_of(*source));
  auto opened = shard_checkpoint::open(*source, shard).value();
  fill(*source, shard, 11, 500, 3, 500, "late");
  source->maintain(true);
  std::string stream;
  for (std::string chunk = opened->next().value(); !chunk.empty(); chunk = opened->next().value())
    stream += chunk;
  BOOST_TEST((stream == before));
}

BOOST_AUTO_TEST_CASE(comes_in_chunks_that_are_full_but_for_the_last_also_across_large_records) {
  fill(*source, shard, 11, 13, 3, 13, "large", 2 * mebibyte);
  const auto chunks = stream_of(*source);
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) BOOST_REQUIRE(chunks[i].size() == 65536u);
  BOOST_TEST(chunks.size() > 90u);
  const auto small = stream_of(*source, {.chunk_bytes = 1000, .bytes_per_second = 0});
  BOOST_TEST((joined(small) == joined(chunks)));
}

BOOST_AUTO_TEST_CASE(is_due_by_its_rate) {
  fill(*source, shard, 11, 11, 3, 11, "large", mebibyte);
  auto opened = shard_checkpoint::open(*source, shard, {.bytes_per_second = 6553600}).value();
  BOOST_TEST(opened->due_ms() == 0);
  for (int i = 0; i < 4; ++i) BOOST_TEST(opened->next().ok());
  BOOST_TEST(opened->due_ms() == 40);
  BOOST_TEST(opened->bytes_read() == 4 * 65536u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(install_of_a_checkpoint, behind)

BOOST_AUTO_TEST_CASE(replaces_state_base_and_log_and_nothing_else) {
  fill(*target, shard, 1, 6, 1, 4, "old");
  auto gathered = gather(*target, stream_of(*source));
  BOOST_REQUIRE(gathered);
  BOOST_REQUIRE(gathered->install(false).ok());
  gathered.reset();
  for (int life = 0; life < 3; ++life) {
    BOOST_TEST((names_in(*target, shard) == names_in(*source, shard)));
    BOOST_TEST((stream_of(*target) == stream_of(*source)));
    BOOST_TEST(names_in(*target, bystander).size() == 5u);
    const shard_position at = target->position(shard).value();
    BOOST_TEST((at == shard_position{.base_index = 10,
                                     .base_epoch = 3,
                                     .last_index = 10,
                                     .last_epoch = 3,
                                     .applied_index = 10}));
    BOOST_TEST((target->flushed(shard) == flushed_position{10, 10}));
    BOOST_TEST(target->position(bystander).value().last_index == 5u);
    BOOST_TEST(incoming_of("target").empty());
    reopen_target();
  }
}

BOOST_AUTO_TEST_CASE(takes_a_shard_back_that_is_ahead_on_another_line) {
  fill(*target, shard, 1, 30, 2, 25, "old");
  target->maintain(true);  // the log begins behind what the checkpoint is of
  auto gathered = gather(*target, stream_of(*source));
  BOOST_REQUIRE(gathered->install(false).ok());
  gathered.reset();
  for (int life = 0; life < 2; ++life) {
    BOOST_TEST((names_in(*target, shard) == names_in(*source, shard)));
    const shard_position at = target->position(shard).value();
    BOOST_TEST((at == shard_position{.base_index = 10,
                                     .base_epoch = 3,
                                     .last_index = 10,
                                     .last_epoch = 3,
                                     .applied_index = 10}));
    BOOST_TEST((target->flushed(shard) == flushed_position{10, 10}));
    reopen_target();
  }
}

BOOST_AUTO_TEST_CASE(takes_a_shard_back_to_nothing) {
  auto empty = open_node("empty");
  fill(*target, shard, 1, 30, 2, 25, "old");
  target->maintain(true);
  auto gathered = gather(*target, stream_of(*empty));
  BOOST_REQUIRE(gathered);
  BOOST_REQUIRE(gathered->install(false).ok());
  gathered.reset();
  for (int life = 0; life < 2; ++life) {
    BOOST_TEST(names_in(*target, shard).empty());
    BOOST_TEST((target->position(shard).value() == shard_position{}));
    reopen_target();
  }
  fill(*target, shard, 1, 3, 4, 3, "new");
  BOOST_TEST(names_in(*target, shard).size() == 3u);
}

BOOST_AUTO_TEST_CASE(keeps_a_suffix_that_continues_it) {
  fill(*target, shard, 1, 10, 3, 4, "new");
  fill(*target, shard, 11, 12, 5, 4, "tail");
  auto gathered = gather(*target, stream_of(*source));
  BOOST_REQUIRE(gathered->install(true).ok());
  for (int life = 0; life < 2; ++life) {
    const shard_position at = target->position(shard).value();
    BOOST_TEST(at.base_index == 10u);
    BOOST_TEST(at.last_index == 12u);
    BOOST_TEST((at.runs == std::vector<epoch_run>{{11, 5}}));
    BOOST_TEST(at.applied_index == 10u);
    gathered.reset();
    reopen_target();
  }
  BOOST_TEST(target->apply(target->read_log(shard, 11, mebibyte).value()).ok());
  BOOST_TEST(get(*target, 2, "tail12") != "<none>");
}

BOOST_AUTO_TEST_CASE(lets_the_log_go_on_behind_it) {
  recording_observer observer;
  log_writer writer(*target, observer);
  auto gathered = gather(*target, stream_of(*source));
  BOOST_REQUIRE(gathered->install(false).ok());
  writer.rejoin(shard);
  log_entry next = put_entry(2, 11, "next", "v");
  next.epoch = 4;
  BOOST_TEST(writer.append({.shard = shard, .seen_epoch = 4, .ticket = 1}, {next}).ok());
  observer.wait_settled(1, *target);
  BOOST_TEST(target->apply(std::span(&next, 1)).ok());
  target->maintain(true);
  BOOST_TEST((target->flushed(shard) == flushed_position{11, 11}));
  BOOST_TEST(target->position(shard).value().seen_epoch == 4u);
}

BOOST_AUTO_TEST_CASE(that_is_given_up_leaves_nothing) {
  fill(*target, shard, 1, 6, 1, 4, "old");
  gather(*target, stream_of(*source)).reset();
  BOOST_TEST(names_in(*target, shard).size() == 4u);
  BOOST_TEST(incoming_of("target").empty());
}

BOOST_AUTO_TEST_CASE(that_a_stop_interrupted_leaves_nothing_after_the_next_opening) {
  auto gathered = gather(*target, stream_of(*source));
  BOOST_TEST(!incoming_of("target").empty());
  std::filesystem::copy(dir_of("target") + "/incoming", directory.path() + "/kept");
  gathered.reset();
  target.reset();
  std::filesystem::copy(directory.path() + "/kept", dir_of("target") + "/incoming");
  target = open_node("target");
  BOOST_TEST(incoming_of("target").empty());
}

BOOST_AUTO_TEST_CASE(refuses_a_stream_of_another_shard_or_one_that_ended_early) {
  auto chunks = stream_of(*source, {.chunk_bytes = 100});
  auto other = shard_install::begin(*target, bystander).value();
  BOOST_TEST((other->take(chunks[0]).error().code == errc::validation));
  auto cut_off = shard_install::begin(*target, shard).value();
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) BOOST_TEST(cut_off->take(chunks[i]).ok());
  BOOST_TEST((cut_off->finish().error().code == errc::validation));
}

BOOST_AUTO_TEST_CASE(refuses_a_stream_with_any_byte_changed) {
  const std::string stream = joined(stream_of(*source));
  for (std::size_t at = 0; at < stream.size(); ++at) {
    std::string damaged = stream;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    auto begun = shard_install::begin(*target, shard).value();
    const bool in_header = at >= 9 && at < 25;  // index and epoch are the replica's to judge
    const bool taken = begun->take(damaged).ok() && begun->finish().ok();
    BOOST_TEST(taken == in_header, "byte " << at);
  }
}

BOOST_AUTO_TEST_CASE(on_a_full_disk_is_refused_and_succeeds_once_there_is_room) {
  fill(*target, shard, 1, 6, 1, 4, "old");
  fill(*source, shard, 11, 12, 3, 12, "large", mebibyte);
  const auto chunks = stream_of(*source);
  for (std::uint64_t space = 0; space < 40000; space += 1999) {
    env.files->set_space(space);
    auto gathered = gather(*target, chunks);
    if (gathered) BOOST_TEST(gathered->install(false).ok() == false);
    BOOST_TEST(names_in(*target, shard).size() == 4u);
    gathered.reset();
    env.files->set_space(std::nullopt);
    target->maintain(false);
    BOOST_REQUIRE(target->writable());
  }
  BOOST_REQUIRE(gather(*target, chunks)->install(false).ok());
  BOOST_TEST((stream_of(*target) == chunks));
  BOOST_TEST(fatal_count() == 0u);
}

BOOST_AUTO_TEST_CASE(of_many_tables_is_equal_also_after_compaction) {
  store_options small = options_of("small");
  small.limits.state_buffer_bytes = 64 << 10;
  auto store = open(small);
  std::mt19937_64 random(3);
  std::uint64_t index = 10;
  for (int round = 0; round < 4; ++round) {
    BOOST_TEST_CONTEXT("round " << round) {
      const std::uint64_t first = index + 1;
      index += 200 + random() % 200;
      fill(*source, shard, first, index, 3 + static_cast<std::uint64_t>(round), index,
           round % 2 == 0 ? "a" : "n", 500 + random() % 2000);
      payload_builder removal;
      removal.erase_range(test_key(2, "a" + std::to_string(random() % 10)), test_key(2, "a9"));
      const log_entry erase{shard, 9, ++index, removal.take()};
      BOOST_REQUIRE(source->apply(std::span(&erase, 1)).ok());
      recording_observer observer;
      write(*source, observer, {erase});
      BOOST_REQUIRE(gather(*store, stream_of(*source))->install(false).ok());
      BOOST_TEST((stream_of(*store) == stream_of(*source)));
    }
  }
  engine& internals = store->internals();
  BOOST_TEST(internals.db().CompactRange({}, internals.state, nullptr, nullptr).ok());
  BOOST_TEST((stream_of(*store) == stream_of(*source)));
  store.reset();
  BOOST_TEST((stream_of(*open(small)) == stream_of(*source)));
}

BOOST_AUTO_TEST_CASE(goes_on_beside_writes_of_other_shards) {
  fill(*source, shard, 11, 300, 3, 300, "more", 5000);
  recording_observer observer(target.get());
  log_writer writer(*target, observer);
  std::atomic<bool> done = false;
  std::uint64_t index = 5;
  std::thread other([&] {
    do {
      // Refused while too many wait for the disk.
      if (writer.append(put_entry(1, index + 1, "o", std::to_string(index + 1))))
        ++index;
      else
        std::this_thread::yield();
    } while (!done);
  });
  auto gathered = gather(*target, stream_of(*source));
  const bool installed = gathered && gathered->install(false).ok();
  done = true;
  other.join();
  BOOST_TEST(installed);
  observer.wait_settled(index - 5, *target);
  BOOST_TEST(get(*target, 1, "o") == std::to_string(index));
  BOOST_TEST((stream_of(*target) == stream_of(*source)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
