// Sends an order's answer to the directory.
#include <caf/send.hpp>

#include "actors/local_messages.hpp"

namespace taskdriver::actors {

order_reply::~order_reply() {
  give(error_info{
      .code = errc::unavailable, .text = "The project is being reloaded", .retry_after_s = 1});
}

void order_reply::give(answer a) {
  if (!directory_) return;
  caf::anon_send(std::exchange(directory_, {}), project_answer{order_, std::move(a)});
}

}  // namespace taskdriver::actors
