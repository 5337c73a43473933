// Frames of replicas and of checkpoints from arbitrary bytes: what can be read is written the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "cluster/replica/checkpoint_stream.hpp"
#include "cluster/replica/replica_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace taskdriver::cluster;
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  if (const auto messages = decode_replica_frame(frame)) {
    replica_frame_writer writer;
    for (const auto& m : *messages) writer.add(m.shard, m.message);
    TASKDRIVER_CHECK(writer.take() == frame, "a frame has one encoding");
  }
  if (const auto decoded = decode_checkpoint_frame(frame))
    TASKDRIVER_CHECK(encode_checkpoint_frame(*decoded) == frame, "a frame has one encoding");
  return 0;
}
