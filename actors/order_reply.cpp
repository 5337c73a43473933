// Gives an order's answer, or the lack of one, to whoever gave the order.
#include "actors/local_messages.hpp"

namespace taskdriver::actors {

order_reply::~order_reply() {
  give(error_info{
      .code = errc::unavailable, .text = "The project is being reloaded", .retry_after_s = 1});
}

void order_reply::give(answer a) {
  if (back_) std::exchange(back_, nullptr)(std::move(a));
}

}  // namespace taskdriver::actors
