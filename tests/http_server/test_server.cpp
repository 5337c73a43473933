// Handler and worker thread of the test server.
#include "tests/http_server/test_server.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>

namespace taskdriver::http::test {
namespace {

server_options for_test(server_options o) {
  o.port = 0;
  o.error_response = [](int status, std::string_view text) {
    return response{.status = status, .body = "{\"error\":\"" + std::string(text) + "\"}"};
  };
  return o;
}

}  // namespace

test_server::test_server(server_options options)
    : server_(for_test(std::move(options)),
              [this](request&& r, responder a) { handle(std::move(r), std::move(a)); }) {
  if (auto started = server_.start(); !started.ok()) {
    throw std::runtime_error(started.error().text);
  }
  worker_ = std::thread([this] { answer_later(); });
}

test_server::~test_server() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  worker_.join();
}

void test_server::handle(request&& r, responder answer) {
  const std::string_view target = r.target;
  const std::lock_guard lock(mutex_);
  bodies_.push_back(r.body);
  if (target.starts_with("/park")) {
    parked_.push_back(std::move(answer));
    changed_.notify_all();
  } else if (target.starts_with("/later")) {
    later_.emplace_back(std::move(answer), response{.body = r.target});
    changed_.notify_all();
  } else if (target == "/throw") {
    throw std::runtime_error("planned");
  } else if (target == "/big") {
    answer.send({.body = std::string(big_bytes, 'b')});
  } else if (target == "/empty") {
    answer.send({.status = 204});
  } else if (target != "/drop") {
    answer.send({.content_type = "text/plain", .body = r.method + " " + r.target + " " + r.body});
  }
}

void test_server::answer_later() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !later_.empty(); });
    if (stopping_) return;
    auto batch = std::exchange(later_, {});
    lock.unlock();
    for (auto& [answer, content] : batch) answer.send(std::move(content));
    lock.lock();
  }
}

std::vector<responder> test_server::take_parked(std::size_t count) {
  std::unique_lock lock(mutex_);
  const bool came =
      changed_.wait_for(lock, std::chrono::seconds(60), [&] { return parked_.size() >= count; });
  if (!came) throw std::runtime_error("not enough requests were parked");
  std::vector<responder> taken;
  for (std::size_t i = 0; i < count; ++i) {
    taken.push_back(std::move(parked_.front()));
    parked_.pop_front();
  }
  return taken;
}

std::vector<std::string> test_server::bodies() {
  const std::lock_guard lock(mutex_);
  return bodies_;
}

bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    if (holds()) return true;
    std::this_thread::yield();
  }
  return false;
}

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

std::string post(std::string_view target, std::string_view body) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace taskdriver::http::test
