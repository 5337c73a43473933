// Aborts, in release builds too, when an invariant is broken: a wrong server must stop, not go on.
#pragma once

#include <string_view>

namespace taskdriver {

/// Logs `why` with the place and ends the process by abort(). Thread: any.
[[noreturn]] void check_failed(std::string_view why, const char* file, int line) noexcept;

}  // namespace taskdriver

/// For errors of the programmer only; what users, peers or disks do wrong is a result<T>.
#define TASKDRIVER_CHECK(condition, why) \
  ((condition) ? void(0) : ::taskdriver::check_failed((why), __FILE__, __LINE__))
