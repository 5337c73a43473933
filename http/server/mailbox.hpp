// The way into an io thread: answers from any thread, batched behind one eventfd wake-up.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "http/server/responder.hpp"

namespace taskdriver::http {

/// Collects answers and orders for one io thread. It outlives the thread: late answers are dropped.
///
/// No wake-up is ever lost: the flag that a wake-up is under way is set and cleared under the same
/// lock as the queue, and `collect` reads the eventfd before it clears the flag.
///
/// Answers that the owner gives itself need neither lock nor wake-up: it collects them at the end
/// of its round.
///
/// Thread: deliver, give, wake_owner, close any; the rest only the owner (the thread that called
/// `own`).
/// Owns: the eventfd.
class mailbox : public answer_sink {
public:
  enum class order : unsigned { stop_accepting = 1, drain = 2 };
  struct mail {
    std::vector<answer> answers;
    bool stop_accepting = false;
    bool drain = false;
  };

  mailbox();
  ~mailbox() override;
  mailbox(const mailbox&) = delete;
  mailbox& operator=(const mailbox&) = delete;

  int wake_fd() const { return wake_fd_; }

  /// Queues the answer and wakes the owner, unless the owner itself is answering: then
  /// `collect_own` has it or, of the request that it is just handing out, `take_inline`.
  void deliver(answer a) override;
  void give(order o);
  /// Begins a round of the owner.
  void wake_owner();
  /// From now on everything is dropped.
  void close();

  void own() { owner_.store(std::this_thread::get_id(), std::memory_order_release); }
  void expect_inline(connection_id id) { inline_id_ = id; }
  std::optional<answer> take_inline();
  /// All that has come since the last call; orders stay given.
  void collect(mail& into);
  /// The answers that the owner gave itself since the last call.
  void collect_own(mail& into);

private:
  void wake();
  bool is_owner() const;

  const int wake_fd_;
  std::atomic<std::thread::id> owner_{};
  connection_id inline_id_;
  std::optional<answer> inline_answer_;
  std::vector<answer> own_;  // of the owner alone

  std::mutex mutex_;
  std::vector<answer> queue_;
  unsigned orders_ = 0;
  bool waking_ = false;
  bool closed_ = false;
};

}  // namespace taskdriver::http
