// Where the parts of http/ that add answer headers put them; the renderer of answers implements it.
#pragma once

#include <string_view>

namespace taskdriver::http {

/// Takes the headers of one answer, in order. Both views are only valid during the call.
/// Thread: that of the answer.
class header_sink {
public:
  virtual ~header_sink() = default;
  virtual void add(std::string_view name, std::string_view value) = 0;
};

}  // namespace taskdriver::http
