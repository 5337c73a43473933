// Hands an answer, or the lack of one, to the io thread that owns the connection.
#include "http/server/responder.hpp"

#include "base/check.hpp"

namespace taskdriver::http {

responder& responder::operator=(responder&& other) {
  if (this != &other) {
    abandon();
    exchange_ = std::move(other.exchange_);
  }
  return *this;
}

void responder::send(response r) {
  TASKDRIVER_CHECK(exchange_ != nullptr, "a request was answered twice");
  const std::shared_ptr<exchange> e = std::move(exchange_);
  e->sink->deliver({e->id, std::move(r)});
}

bool responder::gone() const {
  return exchange_ == nullptr || exchange_->gone.load(std::memory_order_acquire);
}

void responder::abandon() {
  if (exchange_ == nullptr) return;
  const std::shared_ptr<exchange> e = std::move(exchange_);
  e->sink->deliver({e->id, std::nullopt});
}

}  // namespace taskdriver::http
