// Numbers of a simulated history: the seed is all the randomness there is.
#pragma once

#include <cstdint>

namespace taskdriver::simulation {

/// Thread: one. The same seed gives the same numbers.
class random_stream {
public:
  explicit random_stream(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}

  /// A counter through a mixing function (as in splitmix64): cheap, and good for any seed.
  std::uint64_t next() {
    auto z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// 0 to `n` - 1; `n` ≥ 1.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  /// `low` to `high`, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  bool per_mille(std::uint64_t chance) { return below(1000) < chance; }

private:
  std::uint64_t state_;
};

}  // namespace taskdriver::simulation
