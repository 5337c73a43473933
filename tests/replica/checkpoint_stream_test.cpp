// The two ends of a checkpoint's stream against frames that are lost, doubled or out of order.
#include "cluster/replica/checkpoint_stream.hpp"

#include <boost/test/unit_test.hpp>
#include <deque>

namespace taskdriver::cluster {
namespace {

using sender_state = checkpoint_sender::state;

constexpr shard_id shard_3{3};
constexpr std::uint64_t transfer_1 = 1;
constexpr checkpoint_identity state_400{.index = 400, .entry_epoch = 7, .store = 55};

struct one_stream {
  /// Delivers a frame to the receiver and its answers to the sender; remembers what came out.
  void deliver(const checkpoint_frame& frame) {
    const auto got = receiver.take(frame, now);
    if (got.begins) gathered.clear();
    abandoned |= got.abandoned;
    complete |= got.complete;
    for (const auto& answer : got.answers) sender.heard(answer, now);
    if (got.gather.empty()) return;
    gathered += got.gather;
    if (const auto credit = receiver.gathered()) sender.heard(*credit, now);
  }
  void send_chunks(int count) {
    for (int i = 0; i < count; ++i) {
      BOOST_REQUIRE(sender.may_send());
      deliver(sender.chunk("chunk " + std::to_string(i) + ";"));
    }
  }
  void expect_clean_end() {
    BOOST_TEST(abandoned);
    BOOST_TEST(!complete);
    BOOST_TEST(!receiver.under_way());
    BOOST_TEST((sender.now() == sender_state::aborted));
  }

  std::int64_t now = 0;
  checkpoint_sender sender{shard_3, transfer_1, state_400, now};
  checkpoint_receiver receiver{shard_3, 55};
  std::string gathered;
  bool complete = false;
  bool abandoned = false;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_checkpoint_stream, one_stream)

BOOST_AUTO_TEST_CASE(brings_all_bytes_in_order_and_both_ends_know) {
  deliver(sender.begin());
  send_chunks(100);
  deliver(sender.end());
  BOOST_TEST(complete);
  BOOST_TEST((sender.now() == sender_state::complete));
  BOOST_TEST(gathered.substr(0, 16) == "chunk 0;chunk 1;");
  BOOST_TEST(gathered.ends_with("chunk 99;"));
}

BOOST_AUTO_TEST_CASE(of_nothing_is_complete_at_once) {
  deliver(sender.begin());
  deliver(sender.end());
  BOOST_TEST(complete);
}

BOOST_AUTO_TEST_CASE(waits_for_the_receiver_s_disk) {
  BOOST_TEST(!sender.may_send());
  for (const auto& answer : receiver.take(sender.begin(), now).answers) sender.heard(answer, now);
  std::uint64_t sent = 0;
  for (; sender.may_send(); ++sent) (void)receiver.take(sender.chunk("x"), now);
  BOOST_TEST(sent == checkpoint_receiver::window_chunks);
  while (!sender.may_send())
    if (const auto credit = receiver.gathered()) sender.heard(*credit, now);
  BOOST_TEST(sender.may_send());
}

BOOST_AUTO_TEST_CASE(with_a_lost_chunk_ends_in_vain) {
  deliver(sender.begin());
  send_chunks(2);
  (void)sender.chunk("lost");
  deliver(sender.chunk("after"));
  expect_clean_end();
}

BOOST_AUTO_TEST_CASE(with_a_lost_last_chunk_ends_in_vain) {
  deliver(sender.begin());
  send_chunks(2);
  (void)sender.chunk("lost");
  deliver(sender.end());
  expect_clean_end();
}

BOOST_AUTO_TEST_CASE(with_a_doubled_chunk_ends_in_vain) {
  deliver(sender.begin());
  const auto chunk = sender.chunk("twice");
  deliver(chunk);
  deliver(chunk);
  expect_clean_end();
}

BOOST_AUTO_TEST_CASE(with_a_doubled_beginning_ends_in_vain) {
  deliver(sender.begin());
  send_chunks(1);
  deliver(sender.begin());
  expect_clean_end();
}

BOOST_AUTO_TEST_CASE(with_an_altered_byte_ends_in_vain) {
  deliver(sender.begin());
  auto chunk = sender.chunk("bytes");
  std::get<checkpoint_chunk>(chunk.body).bytes[2] = 'T';
  deliver(chunk);
  deliver(sender.end());
  expect_clean_end();
}

BOOST_AUTO_TEST_CASE(without_its_beginning_is_told_to_stop) {
  for (const auto& answer : receiver.take(sender.begin(), now).answers) sender.heard(answer, now);
  checkpoint_receiver restarted(shard_3, 55);
  for (const auto& answer : restarted.take(sender.chunk("x"), now).answers)
    sender.heard(answer, now);
  BOOST_TEST((sender.now() == sender_state::aborted));
}

BOOST_AUTO_TEST_CASE(for_another_store_is_refused_and_leaves_the_one_under_way_alone) {
  deliver(sender.begin());
  auto for_old_disk = state_400;
  for_old_disk.store = 54;
  checkpoint_sender other(shard_3, 2, for_old_disk, now);
  const auto got = receiver.take(other.begin(), now);
  BOOST_TEST(!got.begins);
  for (const auto& answer : got.answers) other.heard(answer, now);
  BOOST_TEST((other.now() == sender_state::aborted));
  send_chunks(1);
  BOOST_TEST(receiver.under_way());
}

BOOST_AUTO_TEST_CASE(gives_way_to_a_newer_one) {
  deliver(sender.begin());
  send_chunks(3);
  checkpoint_sender newer(shard_3, 2, state_400, now);
  deliver(newer.begin());
  BOOST_TEST(gathered == "");
  deliver(sender.chunk("of the old one"));
  BOOST_TEST((sender.now() == sender_state::aborted));
  BOOST_TEST(receiver.under_way());
}

BOOST_AUTO_TEST_CASE(ends_at_either_end_s_will) {
  deliver(sender.begin());
  deliver(sender.abort());
  expect_clean_end();
}

BOOST_AUTO_TEST_CASE(is_overdue_at_both_ends_after_long_silence) {
  deliver(sender.begin());
  BOOST_TEST(!sender.overdue(now + 10'000));
  BOOST_TEST(sender.overdue(now + 10'001));
  BOOST_TEST(receiver.overdue(now + 10'001));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster
