// Answers as bytes: status line and header fields into a buffer that is used over and over.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

#include "http/server/message.hpp"

namespace taskdriver::http {

/// How the request's version and wishes shape its answer.
struct answer_shape {
  bool keep_alive = true;
  bool http10 = false;
};

/// True for the statuses that never have a body (RFC 9110 section 6.4.1).
bool is_bodiless(int status);

/// Thread: one owner. Owns: the text of the current second's Date header.
class response_encoder {
public:
  /// Appends the head of `r`, blank line included, and says the length of its whole body.
  void append_head(std::string& out, const response& r, const answer_shape& shape);

private:
  const std::string& date_line();

  std::time_t date_second_ = 0;
  std::string date_line_;
};

}  // namespace taskdriver::http
