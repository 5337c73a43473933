// Parses one HTTP/1.1 answer out of the bytes received so far.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace taskdriver::bench {

/// An answer whose views point into the parsed bytes (or into the caller's chunk store).
struct http_answer {
  int status = 0;
  std::string_view body;
  /// The server will close the connection after this answer.
  bool closes = false;
  /// Seconds of Retry-After; -1 when absent or given as a date.
  int retry_after_s = -1;
};

enum class parse_state { incomplete, complete, malformed };

struct parse_outcome {
  parse_state state = parse_state::incomplete;
  http_answer answer = {};
  /// Bytes of the input that belong to the answer (complete only).
  std::size_t used = 0;
  /// Why it is malformed; a text that lives for ever.
  std::string_view problem = {};
};

/// Parses from the start of `bytes`, every time anew: an answer normally comes in one piece, so
/// that there is nothing to remember. Interim answers (1xx) are skipped. A chunked body is joined
/// in `chunk_store`, which must outlive the outcome. An answer whose end is marked only by the end
/// of the connection is malformed here: this client keeps connections alive.
parse_outcome parse_answer(std::string_view bytes, std::string& chunk_store);

}  // namespace taskdriver::bench
