// One client's connection: reads requests, hands them up one at a time, writes the answers in
// order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/server/byte_channel.hpp"
#include "http/server/io_services.hpp"
#include "http/server/request_parser.hpp"

namespace taskdriver::http {

/// The life of a connection, as a state machine without a socket of its own:
///
///   idle --byte--> head --body follows--> body --last byte--> answering --answer--> writing
///    ^               \------- no body ---------------------->/    (peer watched)       |
///    |                                                                                 |
///    +------------------------------- all sent, kept -------------------------------- -+
///                                                                                      |
///   closed <--client's FIN, or linger_ms-- lingering <-- all sent, to be closed -------+
///
/// head and body that take too long or are malformed go to `writing` with an error answer that
/// closes; a failed read or write goes to `closed` from anywhere. While an answer is pending
/// nothing is read: what the client sends meanwhile stays in the kernel, so that buffers stay
/// bounded.
///
/// Thread: its io thread. Owns: channel and bytes under way. The owner removes it once `closed`.
class connection {
public:
  connection(connection_id id, std::unique_ptr<byte_channel> channel, std::string remote_ip,
             io_services& services);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Something the channel was asked to wait for has come; called without reason does no harm.
  void on_ready();
  /// The answer to the request under way; ignored in any other state.
  void on_answer(std::optional<response> r);
  /// Ends what has taken longer than its limit.
  void on_sweep();
  /// From now on: no further request after the one under way, and none at all if idle.
  void begin_drain();

  const connection_id& id() const { return id_; }
  bool closed() const { return state_ == state::closed; }

private:
  enum class state : std::uint8_t { idle, head, body, answering, writing, lingering, closed };
  struct unsent_bytes;

  bool is_reading() const { return state_ <= state::body; }
  void enter(state s);
  void read_some();
  void take(std::string_view input);
  void count_arriving(std::size_t bytes);
  void on_head_done(bool body_is_here);
  void dispatch();
  void look_at_peer();
  void refuse(int status, std::string_view text);
  void send(response r);
  void send_bytes(std::string_view head, std::string body);
  void send_rest();
  void after_answer();
  void discard_input();
  void close();
  void wait_for(byte_channel::interest what);

  const connection_id id_;
  const std::unique_ptr<byte_channel> channel_;
  const std::string remote_ip_;
  io_services& services_;
  request_parser parser_;
  state state_ = state::idle;
  byte_channel::interest waiting_for_ = byte_channel::interest::readable;
  bool peer_finished_ = false;  // its FIN was seen
  bool close_after_ = false;
  bool taking_ = false;  // inside take(), which goes on by itself
  bool draining_ = false;
  std::size_t arriving_ = 0;  // this connection's share of the counter
  std::int64_t since_ms_;     // when the state was entered, or last made progress
  std::shared_ptr<exchange> exchange_;
  std::string leftover_;  // read beyond the request under way; at most one read's worth
  std::string owed_;      // of an interim answer, to be sent before the next one
  std::unique_ptr<unsent_bytes> unsent_;
};

}  // namespace taskdriver::http
