// The checkpoint stream in pieces of any size, and streams that no sender writes.
#include "storage/checkpoint_codec.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

#include "base/wire.hpp"

namespace taskdriver::storage::testing {
namespace {

struct collected final : checkpoint_visitor {
  result<void> header(const checkpoint_header& header) override {
    seen = header;
    return {};
  }
  result<void> record(std::string_view key, std::string_view value) override {
    records.emplace(key, value);
    return {};
  }
  checkpoint_header seen;
  std::map<std::string, std::string> records;
};

struct sample_stream {
  const checkpoint_header header{shard_id{3}, 16, 258, 5};
  std::map<std::string, std::string> records;
  std::string stream;

  sample_stream() {
    for (std::size_t i = 0; i < 40; ++i)
      records[key_of("k" + std::to_string(i))] = std::string(i * 13, static_cast<char>('a' + i));
    checkpoint_encoder::header(stream, header);
    checkpoint_encoder encoder;
    for (const auto& [key, value] : records) encoder.record(stream, key, value);
    encoder.end(stream);
  }
  static std::string key_of(const std::string& name, std::uint16_t shard = 3) {
    std::string key;
    byte_writer out(key);
    out.u16(shard);
    out.u32(7);
    out.raw(name);
    return key;
  }
  /// What reading a stream of these records says.
  static result<void> read(const std::vector<std::string>& keys) {
    std::string bytes;
    checkpoint_encoder::header(bytes, {shard_id{3}, 16, 1, 1});
    checkpoint_encoder encoder;
    for (const std::string& key : keys) encoder.record(bytes, key, "v");
    encoder.end(bytes);
    collected visitor;
    return checkpoint_decoder(visitor).take(bytes);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(checkpoint_stream, sample_stream)

BOOST_AUTO_TEST_CASE(is_read_back_from_pieces_of_any_size) {
  for (std::size_t piece = 1; piece < 100; ++piece) {
    collected visitor;
    checkpoint_decoder decoder(visitor);
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      BOOST_TEST(!decoder.finished());
      BOOST_REQUIRE(decoder.take(std::string_view(stream).substr(at, piece)).ok());
    }
    BOOST_TEST(decoder.finished());
    BOOST_TEST((visitor.seen == header));
    BOOST_TEST((visitor.records == records));
  }
}

BOOST_AUTO_TEST_CASE(has_nothing_behind_its_end) {
  collected visitor;
  checkpoint_decoder decoder(visitor);
  BOOST_TEST(!decoder.take(stream + "x").ok());
  BOOST_TEST(!decoder.take("").ok());
}

BOOST_AUTO_TEST_CASE(has_its_keys_in_order_and_in_the_shard) {
  BOOST_TEST(read({key_of("a"), key_of("b")}).ok());
  BOOST_TEST(!read({key_of("b"), key_of("a")}).ok());
  BOOST_TEST(!read({key_of("a"), key_of("a")}).ok());
  BOOST_TEST(!read({key_of("a", 4)}).ok());
  BOOST_TEST(!read({key_of("a", 2)}).ok());
  BOOST_TEST(!read({std::string("\0\3\0\0\0\0\0", 7)}).ok());  // the applied index
  BOOST_TEST(!read({""}).ok());
}

BOOST_AUTO_TEST_CASE(with_lengths_beyond_the_bounds_is_refused_before_they_arrive) {
  for (const std::string_view lengths : {"\x81\x04", "\x01k\x81\x80\x80\x08"}) {
    std::string bytes;
    checkpoint_encoder::header(bytes, header);
    bytes.append("\x01").append(lengths);
    collected visitor;
    BOOST_TEST(!checkpoint_decoder(visitor).take(bytes).ok());
  }
}

BOOST_AUTO_TEST_CASE(passes_on_the_error_of_whom_it_tells) {
  struct refusing final : checkpoint_visitor {
    result<void> header(const checkpoint_header&) override { return {}; }
    result<void> record(std::string_view, std::string_view) override {
      return error_info{errc::unavailable, "full"};
    }
  } visitor;
  checkpoint_decoder decoder(visitor);
  BOOST_TEST((decoder.take(stream).error().code == errc::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
