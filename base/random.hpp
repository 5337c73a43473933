// Unguessable random bytes from the kernel.
#pragma once

#include <cstdint>
#include <string>

namespace taskdriver {

/// `count` bytes of getrandom(2), buffered per thread. Thread: any. Aborts if the kernel has none.
std::string random_bytes(std::size_t count);

std::uint64_t random_u64();

}  // namespace taskdriver
