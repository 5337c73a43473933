// One connection between two nodes as a machine without a socket: bytes in, frames and bytes out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cluster/transport/frame_reader.hpp"
#include "cluster/transport/outbox.hpp"
#include "cluster/transport/peer_hello.hpp"
#include "cluster/transport/tls_session.hpp"

namespace taskdriver::cluster {

///   greeting --read_opening() gives the hello--> waiting --open()--> open
///
/// greeting: only an opening may come. waiting: the other lane is not there yet; frames that come
/// are kept. open: next_frame() gives them, the peer's window is kept, heartbeats go out.
/// Whatever breaks a rule makes a call fail or broken() say why; then it must be closed.
/// Thread: one owner. Owns: its TLS session.
class peer_connection {
public:
  /// `tls` is null in the clear.
  peer_connection(std::unique_ptr<tls_session> tls, const peer_limits& limits, std::int64_t now_ms);

  /// Bytes off the socket. While open, all frames must be taken by next_frame() before `received`
  /// goes away. Fails: unavailable, with the reason.
  result<void> feed(std::string_view received, std::int64_t now_ms);
  /// The peer's opening, once; state incomplete until it is there.
  opening read_greeting();
  void say(std::string_view opening);
  /// From now on frames of `lane` go both ways.
  void open(peer_lane lane, std::shared_ptr<outbox> out);
  bool is_open() const { return reader_.has_value(); }

  /// The next frame for the observer.
  std::optional<std::string> next_frame();
  const char* broken() const;
  /// The observer is done with a frame of so many bytes.
  void processed(std::size_t frame_bytes);

  /// To be called at least every heartbeat_ms / 5. Fails: unavailable (silent for too long).
  result<void> tick(std::int64_t now_ms);
  /// This process itself was stopped: the silence until now is not the peer's.
  void excuse_silence(std::int64_t now_ms) { heard_ms_ = now_ms; }
  /// Appends all that is to be sent now.
  void drain(std::vector<char>& out, std::int64_t now_ms);

  /// See tls_session::peer_nodes(); none in the clear.
  std::vector<node_name> certified_nodes() const;

private:
  bool take_window_frame(std::string_view frame);
  void report_processed();

  const std::unique_ptr<tls_session> tls_;
  const peer_limits limits_;
  const std::int64_t began_ms_;
  std::int64_t heard_ms_, sent_ms_;

  std::string plain_;       // decrypted, or kept until open()
  std::string_view input_;  // of plain_ or of what feed() got; while open
  std::vector<char> own_;   // openings and window frames to send
  std::optional<frame_reader> reader_;
  std::shared_ptr<outbox> out_;
  std::size_t window_bytes_ = 0;
  std::uint64_t received_bytes_ = 0, processed_bytes_ = 0, reported_bytes_ = 0;
  const char* broken_ = nullptr;
};

}  // namespace taskdriver::cluster
