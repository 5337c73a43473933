// The scripted peer, and the loop that stands for an io thread.
#include "tests/http_server/scripted_channel.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace taskdriver::http::test {

io_result scripted_channel::read(char* into, std::size_t size) {
  if (script_.reset) return {io_result::kind::failed, 0};
  if (script_.pieces.empty()) {
    return {script_.ends ? io_result::kind::end : io_result::kind::would_block, 0};
  }
  std::string& piece = script_.pieces.front();
  const std::size_t n = std::min(size, piece.size());
  std::memcpy(into, piece.data(), n);
  piece.erase(0, n);
  if (piece.empty()) script_.pieces.pop_front();
  return {io_result::kind::done, n};
}

io_result scripted_channel::write(std::string_view first, std::string_view second) {
  if (script_.write_fails || script_.reset) return {io_result::kind::failed, 0};
  const std::string all = std::string(first) + std::string(second);
  const std::size_t n = std::min(all.size(), script_.room());
  if (n == 0 && !all.empty()) return {io_result::kind::would_block, 0};
  script_.written.append(all, 0, n);
  return {io_result::kind::done, n};
}

byte_channel::peer_state scripted_channel::look() {
  if (script_.reset) return peer_state::dead;
  if (!script_.pieces.empty()) return peer_state::has_bytes;
  return script_.ends ? peer_state::half_closed : peer_state::quiet;
}

connection_fixture::connection_fixture(server_limits limits) {
  options_.limits = limits;
  options_.error_response = [this](int status, std::string_view text) {
    errors.push_back(status);
    return response{.status = status, .body = std::string(text)};
  };
  const auto handler = [this](request&& r, responder answer) {
    requests.push_back(std::move(r));
    if (inline_answers) {
      answer.send({.body = requests.back().body});
    } else {
      waiting.push_back(std::move(answer));
    }
  };
  services_ = std::make_unique<io_services>(options_, handler, counters_);
  services_->mail->own();
}

void connection_fixture::open() {
  connection_ = std::make_unique<connection>(
      connection_id{7, 1}, std::make_unique<scripted_channel>(script), "127.0.0.1", *services_);
}

void connection_fixture::advance_ms(int ms) {
  services_->now_ns += ms * 1'000'000LL;
  connection_->on_sweep();
}

void connection_fixture::collect_mail() {
  mailbox::mail letters;
  for (const auto collect : {&mailbox::collect, &mailbox::collect_own}) {
    (*services_->mail.*collect)(letters);
    for (answer& a : letters.answers) connection_->on_answer(std::move(a.content));
  }
}

/// True if something may have changed.
bool connection_fixture::step() {
  const std::size_t written = script.written.size();
  const std::size_t pieces = script.pieces.size();
  const std::size_t first = pieces == 0 ? 0 : script.pieces.front().size();
  connection_->on_ready();
  collect_mail();
  return connection_->closed() || written != script.written.size() ||
         pieces != script.pieces.size() || (pieces != 0 && first != script.pieces.front().size());
}

void connection_fixture::run() {
  while (!connection_->closed() && step()) {
  }
}

}  // namespace taskdriver::http::test
