// Fuzzes an HTTP connection with a script for a socket: what arrives above must not depend on how
// the bytes were cut, nor on when the answers came.
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "tests/http_server/scripted_channel.hpp"

namespace {

using taskdriver::http::request;
using taskdriver::http::test::connection_fixture;

/// One way to play the same bytes.
struct play {
  bool cut;             // into pieces of random size
  bool inline_answers;  // or late ones, from the mailbox
  bool narrow_writes;   // that take a few bytes at a time, or none
};

taskdriver::http::server_limits small_limits() {
  taskdriver::http::server_limits limits;  // small, so that short inputs reach them
  limits.request_line_bytes = 64;
  limits.head_bytes = 256;
  limits.header_count = 8;
  limits.body_bytes_max = 128;
  return limits;
}

std::deque<std::string> pieces_of(const std::string& bytes, bool cut, std::mt19937_64& random) {
  std::deque<std::string> pieces;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t most = cut ? 1 + random() % (random() % 2 == 0 ? 3 : 40) : bytes.size();
    pieces.push_back(bytes.substr(at, most));
    at += most;
  }
  return pieces;
}

std::string text_of(const request& r) {
  std::string text = r.method + " " + r.target + (r.http10 ? " 1.0\n" : " 1.1\n");
  for (std::size_t i = 0; i < r.headers.size(); ++i) {
    text.append(r.headers.at(i).name).append("=").append(r.headers.at(i).value).append("\n");
  }
  return text + r.body + "\n";
}

/// The requests and the errors that came of `bytes`.
std::string outcome(const std::string& bytes, play how, std::mt19937_64& random) {
  connection_fixture f(small_limits());
  f.script.pieces = pieces_of(bytes, how.cut, random);
  f.inline_answers = how.inline_answers;
  if (how.narrow_writes) f.script.room = [&random] { return random() % 40; };
  f.open();
  // Every turn reads, writes or answers something: more turns than bytes would be a livelock.
  std::size_t turns = 0;
  while (!f.peer().closed()) {
    TASKDRIVER_CHECK(++turns < 1'000 * (bytes.size() + 10), "the connection makes no progress");
    f.peer().on_ready();
    if (!f.waiting.empty() && random() % 2 == 0) {
      f.waiting.front().send({.body = "late"});
      f.waiting.pop_front();
    }
    f.collect_mail();
  }
  std::string all;
  for (const request& r : f.requests) all += text_of(r);
  for (const int status : f.errors) all += "error " + std::to_string(status) + "\n";
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  std::uint64_t seed = size;
  for (std::size_t i = 0; i < size; ++i) seed = seed * 31 + data[i];
  std::mt19937_64 random(seed);  // of the input, so that a finding can be played again

  const std::string whole = outcome(bytes, {false, true, false}, random);
  for (const play how : {play{true, true, false}, play{true, false, false},
                         play{false, false, true}, play{true, false, true}}) {
    const std::string other = outcome(bytes, how, random);
    if (other == whole) continue;
    std::fprintf(stderr, "--- input\n%s\n--- whole\n%s\n--- cut %d, inline %d, narrow %d\n%s\n",
                 bytes.c_str(), whole.c_str(), how.cut, how.inline_answers, how.narrow_writes,
                 other.c_str());
    TASKDRIVER_CHECK(false, "the cut of the bytes, or the time of the answers, made a difference");
  }
  return 0;
}
