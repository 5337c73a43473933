// Windows, heartbeats and silence of one connection.
#include "cluster/transport/peer_connection.hpp"

#include <algorithm>

#include "base/wire.hpp"

namespace taskdriver::cluster {
namespace {

/// Processed bytes are reported in steps of an eighth of the window, at most this many.
constexpr std::size_t report_bytes_max = std::size_t{256} << 10;

error_info ended(const char* why) {
  return {errc::unavailable, why};
}

void append(std::vector<char>& out, std::string_view bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

peer_connection::peer_connection(std::unique_ptr<tls_session> tls, const peer_limits& limits,
                                 std::int64_t now_ms)
    : tls_(std::move(tls)),
      limits_(limits),
      began_ms_(now_ms),
      heard_ms_(now_ms),
      sent_ms_(now_ms) {}

result<void> peer_connection::feed(std::string_view received, std::int64_t now_ms) {
  heard_ms_ = now_ms;
  if (is_open()) {
    if (!tls_) {
      input_ = received;
      return {};
    }
    plain_.clear();
    auto fed = tls_->feed(received, plain_);
    input_ = plain_;
    return fed;
  }
  if (tls_) {
    if (auto fed = tls_->feed(received, plain_); !fed) return fed;
  } else {
    plain_.append(received);
  }
  // The peer may send before we know that both lanes are up, but not more than the larger window.
  if (plain_.size() > opening_bytes_max + limits_.main_window_bytes)
    return ended("more than its window");
  return {};
}

opening peer_connection::read_greeting() {
  opening read = read_opening(plain_);
  if (read.is != opening::state::incomplete) plain_.erase(0, read.bytes);
  return read;
}

void peer_connection::say(std::string_view opening) {
  append(own_, opening);
}

void peer_connection::open(peer_lane lane, std::shared_ptr<outbox> out) {
  reader_.emplace(lane);
  out_ = std::move(out);
  window_bytes_ = limits_.window_bytes(lane);
  input_ = plain_;
}

std::optional<std::string> peer_connection::next_frame() {
  while (!broken()) {
    auto frame = reader_->next(input_);
    if (!frame) break;
    if (static_cast<std::uint8_t>(frame->front()) == window_frame_kind) {
      if (!take_window_frame(*frame)) broken_ = "a window that cannot be";
      continue;
    }
    received_bytes_ += frame_head_bytes + frame->size();
    if (received_bytes_ - reported_bytes_ > window_bytes_) broken_ = "more than its window";
    if (!broken_) return frame;
  }
  return std::nullopt;
}

const char* peer_connection::broken() const {
  return broken_ || !reader_ ? broken_ : reader_->broken();
}

bool peer_connection::take_window_frame(std::string_view frame) {
  byte_reader in(frame.substr(1));
  const std::uint64_t bytes = in.u64();
  return in.finished() && out_->processed(bytes);
}

void peer_connection::processed(std::size_t frame_bytes) {
  processed_bytes_ += frame_head_bytes + frame_bytes;
  if (processed_bytes_ - reported_bytes_ >= std::min(window_bytes_ / 8, report_bytes_max))
    report_processed();
}

void peer_connection::report_processed() {
  reported_bytes_ = processed_bytes_;
  append(own_, encode_window_frame(processed_bytes_));
}

result<void> peer_connection::tick(std::int64_t now_ms) {
  if (!is_open()) {
    if (now_ms - began_ms_ > limits_.handshake_ms) return ended("no greeting in time");
    return {};
  }
  if (now_ms - heard_ms_ > limits_.silence_ms) return ended("silent for too long");
  if (now_ms - sent_ms_ >= limits_.heartbeat_ms) report_processed();
  return {};
}

void peer_connection::drain(std::vector<char>& out, std::int64_t now_ms) {
  const std::size_t before = out.size();
  if (!tls_) {
    append(out, {own_.data(), own_.size()});
    if (out_) out_->take(out);
  } else {
    if (out_) out_->take(own_);
    tls_->write({own_.data(), own_.size()});
    tls_->drain(out);
  }
  own_.clear();
  if (out.size() > before) sent_ms_ = now_ms;
}

std::vector<node_name> peer_connection::certified_nodes() const {
  return tls_ ? tls_->peer_nodes() : std::vector<node_name>();
}

}  // namespace taskdriver::cluster
