// A socket that is a script: tests decide how bytes are cut, and what a write takes.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/server/connection.hpp"

namespace taskdriver::http::test {

/// What the peer does, and what it has got. Lives longer than the channel.
struct peer_script {
  /// Each piece ends a read, as segments of TCP may.
  std::deque<std::string> pieces;
  /// After the pieces: FIN, or silence.
  bool ends = true;
  /// How many bytes the next write takes; 0 = would block.
  std::function<std::size_t()> room = [] { return std::size_t(-1); };
  bool write_fails = false;
  bool reset = false;

  std::string written;
  bool got_fin = false;
  byte_channel::interest waiting_for = byte_channel::interest::readable;
};

class scripted_channel final : public byte_channel {
public:
  explicit scripted_channel(peer_script& script) : script_(script) {}

  io_result read(char* into, std::size_t size) override;
  io_result write(std::string_view first, std::string_view second) override;
  peer_state look() override;
  void finish_writing() override { script_.got_fin = true; }
  void wait_for(interest what) override { script_.waiting_for = what; }

private:
  peer_script& script_;
};

/// A connection without socket, thread or clock: the test is all three. Requests are kept, with
/// their responders, until the test answers them; error answers are kept by status.
class connection_fixture {
public:
  explicit connection_fixture(server_limits limits = {});

  /// Makes the connection to play `script` with.
  void open();
  connection& peer() { return *connection_; }
  /// Lets time pass for the connection.
  void advance_ms(int ms);
  /// Calls the connection while that changes anything, answering what answers wait in the mailbox.
  void run();
  void collect_mail();

  peer_script script;
  /// Answers requests at once when set.
  bool inline_answers = false;
  std::vector<request> requests;
  std::deque<responder> waiting;
  std::vector<int> errors;
  io_services& services() { return *services_; }

private:
  bool step();

  server_options options_;
  io_counters counters_;
  std::unique_ptr<io_services> services_;
  std::unique_ptr<connection> connection_;
};

}  // namespace taskdriver::http::test
