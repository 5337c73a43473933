// One io thread: the adapter between Pistache's reactor and the connections.
#pragma once

#include <pistache/tcp.h>
#include <pistache/transport.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "http/server/connection.hpp"
#include "http/server/io_services.hpp"

struct sockaddr_storage;

namespace taskdriver::http {

class listening_sockets;

/// What the io threads of one server have in common. Set before they start, but for the counts.
struct server_context {
  server_context(const server_options& o, request_handler h);

  const server_options options;
  const request_handler handler;
  listening_sockets* sockets = nullptr;  // while the transports are made
  std::vector<std::unique_ptr<io_counters>> counters;
  unsigned transports_made = 0;

  /// How many transports have closed their last connection after an order to drain.
  std::mutex drain_mutex;
  std::condition_variable drain_progress;
  unsigned drained = 0;

  /// Sum over the io threads; may be off by what they accept at this very moment.
  std::uint64_t connections_open() const;
};

/// Pistache asks for a handler of peers; the transport reads and writes by itself, so that only new
/// peers are told, and those are made by the transport as well.
class peer_handler final : public Pistache::Tcp::Handler {
  PROTOTYPE_OF(Pistache::Tcp::Handler, peer_handler)
  void onInput(const char*, std::size_t, const std::shared_ptr<Pistache::Tcp::Peer>&) override {}
};

/// Runs the connections of one io thread on Pistache's reactor: accepts, tells connections that
/// they can go on, delivers answers, sweeps for time limits. Pistache keeps descriptors and peers;
/// its own reading and writing is not used (its write queue is keyed by descriptor, so that an
/// answer can reach the next client on the same one; here every answer names a generation).
///
/// Descriptors are watched level-triggered, and an event means "look", whatever its flags: what is
/// done depends on the connection's state, and a system call says how things are. So no edge can be
/// lost, and an event left over from a closed connection harms nobody.
///
/// Thread: its io thread; making, destroying, `mail` and counters: any.
/// Owns: listening socket, timer, connections.
class transport final : public Pistache::Tcp::Transport {
public:
  explicit transport(std::shared_ptr<server_context> server);
  ~transport() override;

  std::shared_ptr<Pistache::Aio::Handler> clone() const override;
  void registerPoller(Pistache::Polling::Epoll& poller) override;
  void onReady(const Pistache::Aio::FdSet& ready) override;

  mailbox& mail() { return *services_->mail; }

private:
  class peer_channel;

  void on_event(int fd);
  bool accept_some();
  void admit(int fd, sockaddr_storage& from);
  void refuse(int fd);
  void pause_accepting(int error);
  void stop_accepting();
  void start();
  void read_mail();
  void end_round();
  bool deliver_answers();
  void sweep();
  void begin_drain();
  void tell_if_drained();
  template <class Action>
  void step(int fd, Action action);
  void remove(int fd);
  connection* find(int fd) const;

  const std::shared_ptr<server_context> server_;
  std::unique_ptr<io_services> services_;
  std::vector<std::unique_ptr<connection>> connections_;  // by descriptor
  mailbox::mail letters_;                                 // kept for its capacity
  side_work side_work_;
  std::uint64_t generation_ = 0;
  int listen_fd_ = -1;
  int timer_fd_ = -1;
  bool started_ = false;  // on the io thread
  bool accept_paused_ = false;
  bool shortage_told_ = false;  // one line of log for each shortage
  bool draining_ = false;
  bool told_drained_ = false;
};

}  // namespace taskdriver::http
