// What a thread is called where operators look: top -H, perf, gdb, a core dump.
#pragma once

namespace taskdriver {

/// Names the calling thread. At most 15 characters, as Linux keeps no more; the names are listed in
/// docs/operations.md. Thread: any.
void name_this_thread(const char* name) noexcept;

}  // namespace taskdriver
