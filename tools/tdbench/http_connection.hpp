// One non-blocking keep-alive connection that carries one request at a time.
#pragma once

#include <string>
#include <string_view>

#include "tools/tdbench/endpoint.hpp"
#include "tools/tdbench/event_loop.hpp"
#include "tools/tdbench/http_answer.hpp"

namespace taskdriver::bench {

/// Who gets the answers of a connection. Either method may send the next request at once.
class answer_listener {
public:
  virtual ~answer_listener() = default;
  /// The views in `answer` end with the call.
  virtual void on_answer(const http_answer& answer) = 0;
  /// The request under way was not answered and never will be.
  virtual void on_broken(std::string_view why) = 0;
  /// Bytes came that nobody asked for: an answer gone astray, say. The connection is closed.
  virtual void on_stray() {}
};

/// Sends a request, reads its answer, opens the connection when it is needed.
///
///   closed --send--> connecting --> busy --answer--> idle --send--> busy
///     ^                  |            |                |
///     +----- refused ----+-- broken --+-- by server ---+
///
/// Thread: the loop's. Owns: the socket.
/// Fails: by on_broken(), exactly once instead of on_answer(); never from inside send().
class http_connection : private io_listener {
public:
  http_connection(event_loop& loop, const endpoint& to, answer_listener& owner);
  ~http_connection() override;
  http_connection(const http_connection&) = delete;
  http_connection& operator=(const http_connection&) = delete;

  /// Only while not busy. The bytes of `request` must stay as they are until it is answered.
  void send(std::string_view request);
  bool busy() const { return busy_; }

private:
  /// Turns a failure inside send() into a call from the loop.
  class deferred_break : public timer_listener {
  public:
    explicit deferred_break(http_connection& connection) : connection_(connection) {}
    void on_timer() override { connection_.broken(connection_.failure_); }

  private:
    http_connection& connection_;
  };

  void on_io(std::uint32_t events) override;
  void finish_connect();
  /// False when the socket has failed; errno says why.
  bool flush();
  void receive(bool peer_closed);
  void take(std::string_view bytes, bool peer_closed);
  void broken(std::string why);
  void disconnect();

  event_loop& loop_;
  const endpoint& to_;
  answer_listener& owner_;
  int fd_ = -1;
  unsigned sockets_opened_ = 0;
  bool connecting_ = false;
  bool busy_ = false;
  std::string_view unsent_;
  std::string received_;  // the start of an answer that came in several pieces
  std::string chunks_;
  std::string failure_;
  deferred_break deferred_break_;
};

}  // namespace taskdriver::bench
