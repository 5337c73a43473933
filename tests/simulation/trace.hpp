// What happened in a history: always as a hash, on request as lines.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace taskdriver::simulation {

/// Kinds of notes; their numbers are part of the hash.
enum class note : std::uint8_t {
  tick = 1,
  message,
  frame,
  disk,
  register_answer,
  wish,
  request,
  state_due,
  register_request,
  start,
  crash,
  pause,
  resume,
  leads,
  ended,
  commit,
  apply,
  acknowledge,
  read,
  answer,
  fault,
  checkpoint,
  install,
  drop,
};

/// Thread: one.
class trace {
public:
  explicit trace(bool prints) : prints_(prints) {}

  void add(note what, std::int64_t at_us, std::uint64_t a, std::uint64_t b = 0) {
    mix(static_cast<std::uint64_t>(what));
    mix(static_cast<std::uint64_t>(at_us));
    mix(a);
    mix(b);
  }
  std::uint64_t hash() const { return hash_; }

  /// Texts are made only if somebody reads them: if (t.prints()) t.line(...).
  bool prints() const { return prints_; }
  void line(std::int64_t at_us, const std::string& text) const {
    std::printf("%5lld.%03lld  %s\n", static_cast<long long>(at_us / 1000),
                static_cast<long long>(at_us % 1000), text.c_str());
  }

private:
  void mix(std::uint64_t n) {
    hash_ = (hash_ ^ n) * 0x9e3779b97f4a7c15U;
    hash_ ^= hash_ >> 29;
  }
  bool prints_;
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

}  // namespace taskdriver::simulation
