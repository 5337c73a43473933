// Answers that wait until what they tell of is committed: nothing leaves a project before that
// (P1).
#pragma once

#include <caf/actor.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "actors/local_messages.hpp"

namespace taskdriver::actors {

/// One answer and what releasing it means.
struct waiting_answer {
  std::uint64_t ticket = 0;  // of the newest decision it may show
  routed_request asked;      // without a request for an order of the directory
  answer what;
  enum class on_commit { respond, list_tasks, publish_status, answer_order };
  on_commit then = on_commit::respond;
  /// For list_tasks and publish_status: the project when it was asked; it may be gone by then.
  std::optional<domain::project_view> project = {};
  order_reply_ptr order = {};
  std::int64_t since_ms = 0;  // steady
};

/// In order of tickets, since an answer may show everything decided before it, also by others.
/// Thread: one owner. Owns: the requests; one that is dropped unanswered answers 503 by itself.
class answer_queue {
public:
  void push(waiting_answer a) { answers_.push_back(std::move(a)); }
  bool empty() const { return answers_.empty(); }

  /// The next answer that shows nothing after `ticket`.
  std::optional<waiting_answer> pop(std::uint64_t ticket) {
    if (answers_.empty() || answers_.front().ticket > ticket) return std::nullopt;
    auto a = std::move(answers_.front());
    answers_.pop_front();
    return a;
  }

  /// The next answer that waits since `steady_ms` or longer.
  std::optional<waiting_answer> pop_older(std::int64_t steady_ms) {
    if (answers_.empty() || answers_.front().since_ms > steady_ms) return std::nullopt;
    return pop(answers_.front().ticket);
  }

  /// Hands out everything that waits.
  std::deque<waiting_answer> take_all() { return std::exchange(answers_, {}); }

private:
  std::deque<waiting_answer> answers_;
};

}  // namespace taskdriver::actors
