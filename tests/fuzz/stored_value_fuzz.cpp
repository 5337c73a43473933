// Keys, records, payloads and entries of the store, from arbitrary bytes.
#include <cstddef>
#include <cstdint>

#include "tests/storage/decoders.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  taskdriver::storage::testing::decode_everything({reinterpret_cast<const char*>(data), size});
  return 0;
}
