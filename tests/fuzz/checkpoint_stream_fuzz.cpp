// Checkpoint streams from arbitrary bytes, in one piece and in small ones: the outcome is the same,
// and what was read whole is written the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "storage/checkpoint_codec.hpp"

namespace {

using namespace taskdriver;
using namespace taskdriver::storage;

struct rewriting final : checkpoint_visitor {
  result<void> header(const checkpoint_header& header) override {
    checkpoint_encoder::header(again, header);
    return {};
  }
  result<void> record(std::string_view key, std::string_view value) override {
    encoder.record(again, key, value);
    return {};
  }
  checkpoint_encoder encoder;
  std::string again;
};

/// Whether all of `bytes` is one stream.
bool read(std::string_view bytes, std::size_t piece, rewriting& visitor) {
  checkpoint_decoder decoder(visitor);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (!decoder.take(bytes.substr(at, piece))) return false;
  }
  if (decoder.finished()) visitor.encoder.end(visitor.again);
  return decoder.finished();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  rewriting whole;
  rewriting pieces;
  const bool read_whole = read(bytes, size + 1, whole);
  TASKDRIVER_CHECK(read_whole == read(bytes, 7, pieces), "pieces do not matter");
  TASKDRIVER_CHECK(!read_whole || whole.again == bytes, "a stream has one encoding");
  return 0;
}
