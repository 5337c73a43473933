// How a simulated history ends when a promise is broken.
#pragma once

#include <stdexcept>
#include <string>

namespace taskdriver::simulation {

/// Ends the history; its text says what was promised and not kept.
struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Texts are literals, so that a promise that is kept costs nothing.
inline void require(bool kept, const char* broken) {
  if (!kept) throw violation(broken);
}

}  // namespace taskdriver::simulation
