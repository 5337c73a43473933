// Two 64-bit FNV-1a style lanes over a length-prefixed rendering of what makes tasks equal.
#include "domain/fingerprint.hpp"

namespace taskdriver::domain {
namespace {

class mixer {
public:
  void add(std::string_view bytes) {
    add_byte_count(bytes.size());
    for (unsigned char c : bytes) add_byte(c);
  }
  void add_byte(std::uint8_t c) {
    a_ = (a_ ^ c) * 0x100000001b3u;
    b_ = (b_ ^ c) * 0x9ddfea08eb382d69u;
    b_ ^= b_ >> 29;
  }
  fingerprint finish() const {
    fingerprint print{};
    for (int i = 0; i < 8; ++i) {
      print[i] = static_cast<std::uint8_t>(a_ >> (56 - 8 * i));
      print[8 + i] = static_cast<std::uint8_t>(b_ >> (56 - 8 * i));
    }
    return print;
  }

private:
  void add_byte_count(std::size_t n) {
    for (int i = 0; i < 4; ++i) add_byte(static_cast<std::uint8_t>(n >> (24 - 8 * i)));
  }
  std::uint64_t a_ = 0xcbf29ce484222325u;
  std::uint64_t b_ = 0x6c62272e07bb0142u;
};

}  // namespace

fingerprint fingerprint_of(const std::vector<variable>& variables, std::string_view instructions) {
  mixer m;
  for (const auto& v : variables) {
    m.add(v.name);
    m.add_byte(static_cast<std::uint8_t>(v.kind));
    m.add(v.text);
  }
  if (variables.empty()) m.add(instructions);
  return m.finish();
}

bool same_work(const task_spec& a, const task_spec& b) {
  if (a.type_id != b.type_id || a.variables != b.variables) return false;
  return !a.variables.empty() || a.instructions == b.instructions;
}

}  // namespace taskdriver::domain
