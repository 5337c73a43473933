// Feeds bytes to every decoder of storage/; shared by the libFuzzer target and the seeded test.
#pragma once

#include <string_view>

namespace taskdriver::storage::testing {

/// What decodes must encode to bytes that decode to the same; anything else aborts.
void decode_everything(std::string_view bytes);

}  // namespace taskdriver::storage::testing
