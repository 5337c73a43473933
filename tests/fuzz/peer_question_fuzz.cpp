// What nodes say to each other about requests, from arbitrary bytes: no crash, and one encoding per
// value.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "actors/peer_codec.hpp"
#include "base/check.hpp"
#include "http/forwarded_request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace actors = taskdriver::actors;
  namespace http = taskdriver::http;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto question = actors::decode_question(bytes))
    TASKDRIVER_CHECK(actors::encode_question(*question) == bytes, "a question has one encoding");
  if (const auto answer = actors::decode_answer(bytes))
    TASKDRIVER_CHECK(actors::encode_answer(*answer) == bytes, "an answer has one encoding");
  if (const auto request = http::decode_forwarded(bytes))
    TASKDRIVER_CHECK(http::encode_forwarded(*request) == bytes, "a request has one encoding");
  return 0;
}
