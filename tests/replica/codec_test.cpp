// Frames of replicas: golden bytes of format 1, and what is refused.
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "base/text.hpp"
#include "cluster/replica/checkpoint_stream.hpp"
#include "cluster/replica/replica_codec.hpp"

namespace taskdriver::cluster {
namespace {

entry sample_entry(std::uint64_t epoch, std::uint64_t index, std::string payload) {
  return {epoch, index, std::make_shared<const std::string>(std::move(payload))};
}

shard_configuration sample_configuration() {
  return {.epoch = 300,
          .primary = "n1",
          .in_sync = {{"n1", 0x0123456789abcdef}, {"n2", 2}},
          .handover = true,
          .min_in_sync = 2,
          .change = {.node = "n1", .boot = 77, .counter = 5}};
}

std::map<std::string, replica_message> sample_messages() {
  return {
      {"beacon",
       append_message{.epoch = 3, .stamp = 5000, .prev_index = 7, .prev_epoch = 2, .commit = 6}},
      {"append",
       append_message{.epoch = 9,
                      .stamp = 1234567890123,
                      .prev_index = 400,
                      .prev_epoch = 3,
                      .commit = 399,
                      .entries = {sample_entry(3, 401, std::string("a\0b", 3)),
                                  sample_entry(9, 402, ""), sample_entry(9, 403, "changes")}}},
      {"ack", ack_message{.epoch = 9, .stamp = 5000, .match = 402, .seen = 9}},
      {"mismatch",
       ack_message{.epoch = 9, .stamp = 5000, .match = 300, .mismatch = true, .seen = 10}},
      {"probe", probe_message{}},
      {"probe_answer", probe_answer{}},
      {"configuration", configuration_message{sample_configuration()}},
  };
}

std::map<std::string, checkpoint_frame> sample_checkpoint_frames() {
  const shard_id shard{258};
  return {
      {"begin", {shard, 0xfeed, checkpoint_begin{{.index = 400, .entry_epoch = 3, .store = 9}}}},
      {"chunk", {shard, 0xfeed, checkpoint_chunk{2, std::string("a\0b", 3)}}},
      {"end", {shard, 0xfeed, checkpoint_end{3, crc32c(0, "123456789")}}},
      {"credit", {shard, 0xfeed, checkpoint_credit{200}}},
      {"complete", {shard, 0xfeed, checkpoint_complete{}}},
      {"abort", {shard, 0xfeed, checkpoint_abort{}}},
  };
}

/// With TASKDRIVER_SHOW_GOLDEN set, prints the lines instead.
void expect_golden(const std::string& name, const std::string& bytes) {
  static const auto golden = [] {
    std::map<std::string, std::string> lines;
    std::ifstream in(std::string(TASKDRIVER_GOLDEN_DIR) + "/replica_v1/frames.txt");
    for (std::string line; std::getline(in, line);)
      if (const auto middle = line.find(" = "); middle != std::string::npos)
        lines[line.substr(0, middle)] = line.substr(middle + 3);
    return lines;
  }();
  if (std::getenv("TASKDRIVER_SHOW_GOLDEN") != nullptr)
    std::printf("%s = %s\n", name.c_str(), to_hex(bytes).c_str());
  else
    BOOST_TEST(golden.at(name) == to_hex(bytes), name << " is encoded differently");
}

std::string frame_of(const replica_message& message) {
  replica_frame_writer writer;
  writer.add(shard_id{300}, message);
  return writer.take();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_frame)

BOOST_AUTO_TEST_CASE(has_the_bytes_of_format_1) {
  for (const auto& [name, message] : sample_messages()) expect_golden(name, frame_of(message));
  for (const auto& [name, frame] : sample_checkpoint_frames())
    expect_golden("checkpoint_" + name, encode_checkpoint_frame(frame));
}

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written) {
  replica_frame_writer writer;
  for (const auto& [_, message] : sample_messages()) writer.add(shard_id{7}, message);
  const auto frame = writer.take();
  BOOST_TEST(writer.empty());
  const auto messages = decode_replica_frame(frame);
  BOOST_REQUIRE(messages.has_value());
  BOOST_TEST(messages->size() == sample_messages().size());
  for (const auto& m : *messages) writer.add(m.shard, m.message);
  BOOST_TEST(writer.take() == frame);
  for (const auto& [name, sample] : sample_checkpoint_frames())
    BOOST_TEST((decode_checkpoint_frame(encode_checkpoint_frame(sample)) == sample), name);
}

BOOST_AUTO_TEST_CASE(gives_entries_their_indexes_after_prev) {
  const auto messages = decode_replica_frame(frame_of(sample_messages().at("append")));
  BOOST_REQUIRE(messages.has_value());
  const auto& entries = std::get<append_message>(messages->front().message).entries;
  BOOST_REQUIRE_EQUAL(entries.size(), 3u);
  BOOST_TEST(entries[2].index == 403u);
  BOOST_TEST(entries[2].epoch == 9u);
  BOOST_TEST(*entries[0].payload == std::string("a\0b", 3));
}

BOOST_AUTO_TEST_CASE(that_is_cut_short_anywhere_is_refused) {
  for (const auto& [name, message] : sample_messages()) {
    const auto frame = frame_of(message);
    for (std::size_t n = 3; n < frame.size(); ++n)
      BOOST_TEST(!decode_replica_frame(frame.substr(0, n)).has_value(), name << " at " << n);
  }
  for (const auto& [name, sample] : sample_checkpoint_frames()) {
    if (name == "chunk") continue;  // its bytes go to the end of the frame
    const auto frame = encode_checkpoint_frame(sample);
    for (std::size_t n = 0; n < frame.size(); ++n)
      BOOST_TEST(!decode_checkpoint_frame(frame.substr(0, n)).has_value(), name << " at " << n);
  }
}

BOOST_AUTO_TEST_CASE(of_another_version_or_kind_is_refused) {
  auto frame = frame_of(probe_message{});
  frame[1] = 2;
  BOOST_TEST(!decode_replica_frame(frame).has_value());
  frame = frame_of(probe_message{});
  frame[0] = 2;
  BOOST_TEST(!decode_replica_frame(frame).has_value());
  BOOST_TEST(!decode_replica_frame("").has_value());
  BOOST_TEST(!decode_checkpoint_frame("").has_value());
}

BOOST_AUTO_TEST_CASE(with_numbers_that_overflow_is_refused) {
  const std::uint64_t most = UINT64_MAX;
  append_message m{.epoch = 1, .prev_index = most, .entries = {sample_entry(0, 0, "x")}};
  BOOST_TEST(!decode_replica_frame(frame_of(m)).has_value());
  m = {.epoch = 1, .prev_epoch = most, .entries = {sample_entry(0, 1, "x")}};
  BOOST_TEST(!decode_replica_frame(frame_of(m)).has_value());
  BOOST_TEST(!decode_replica_frame(frame_of(ack_message{.epoch = 1, .stamp = -1})).has_value());
}

BOOST_AUTO_TEST_CASE(with_a_chunk_that_is_empty_or_too_long_is_refused) {
  const auto decode = [](std::size_t bytes) {
    return decode_checkpoint_frame(
        encode_checkpoint_frame({shard_id{1}, 1, checkpoint_chunk{0, std::string(bytes, 'x')}}));
  };
  BOOST_TEST(!decode(0).has_value());
  BOOST_TEST(decode(checkpoint_chunk_bytes_max).has_value());
  BOOST_TEST(!decode(checkpoint_chunk_bytes_max + 1).has_value());
}

BOOST_AUTO_TEST_CASE(has_the_checksum_of_castagnoli) {
  BOOST_TEST(crc32c(0, "123456789") == 0xe3069283u);
  BOOST_TEST(crc32c(crc32c(0, "1234"), "56789") == 0xe3069283u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster
