// Two tables under one lock: what this node has asked, and what it has been asked.
#include "cluster/peer_requests.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "base/wire.hpp"

namespace taskdriver::cluster {
namespace {

constexpr std::chrono::milliseconds timer_pause{20};
/// What a frame has besides the bytes: kind, number, the longest varint, and some room.
constexpr std::size_t frame_overhead = 64;

error_info unavailable(const char* text) {
  return {.code = errc::unavailable, .text = text, .retry_after_s = 1};
}

error_info unknown(const char* text) {
  return {.code = errc::outcome_unknown, .text = text, .retry_after_s = 1};
}

byte_writer frame_of(frame_kind kind, std::uint64_t number, std::string& frame) {
  byte_writer out(frame);
  out.u8(static_cast<std::uint8_t>(kind));
  out.u64(number);
  return out;
}

std::string answer_frame(std::uint64_t number, const result<std::string>& a) {
  std::string frame;
  auto out = frame_of(frame_kind::answer, number, frame);
  if (a && a->size() + frame_overhead <= main_frame_bytes_max) {
    out.u8(0);
    out.raw(*a);
    return frame;
  }
  const auto why =
      a ? error_info{.code = errc::internal, .text = "The answer is too large"} : a.error();
  out.u8(static_cast<std::uint8_t>(1 + static_cast<int>(why.code)));
  out.varint(static_cast<std::uint64_t>(std::max(0, why.retry_after_s)));
  out.text(why.text);
  return frame;
}

result<std::string> read_answer(byte_reader& in) {
  const auto code = in.u8();
  if (code == 0 && in.ok()) return std::string(in.rest());
  error_info why;
  why.code = static_cast<errc>(code - 1);
  why.retry_after_s = static_cast<int>(in.varint() & INT32_MAX);
  why.text = in.text();
  if (!in.finished() || code > 1 + static_cast<int>(errc::internal))
    return unknown("Another node gave a malformed answer");
  return why;
}

/// What a question of another node and its table share.
struct asked_here {
  node_name from;
  std::uint64_t number = 0;
  std::int64_t deadline_ms = 0;
  std::atomic<bool> gone = false;
};

}  // namespace

struct peer_requests::core {
  core(const time_source& t, const peer_request_limits& l)
      : time(t), limits(l), last_number(random_u64() >> 1) {}

  struct asked_there {
    node_name to;
    std::int64_t deadline_ms = 0;
    answered done;
  };
  struct unsent_answer {
    std::shared_ptr<asked_here> question;
    std::string frame;
  };
  using key = std::pair<node_name, std::uint64_t>;

  std::int64_t now() const { return time.now().steady_ms; }
  std::optional<asked_there> take(std::uint64_t number);
  void send_answer(const std::shared_ptr<asked_here>& question, std::string frame);
  void send_unsent();
  void settle(const asked_here& question);
  void wake_timer();

  const time_source& time;
  const peer_request_limits limits;
  std::atomic<peer_network*> network = nullptr;

  std::mutex mutex;
  std::condition_variable_any something_to_time;
  bool timer_idle = false;  // it must be told that there is something to time
  handler serving;
  std::uint64_t last_number;
  std::map<std::uint64_t, asked_there> outgoing;
  std::set<std::pair<std::int64_t, std::uint64_t>> deadlines;
  std::map<key, std::shared_ptr<asked_here>> incoming;
  std::deque<unsent_answer> unsent;
  std::size_t unsent_bytes = 0;
};

/// Under the lock.
std::optional<peer_requests::core::asked_there> peer_requests::core::take(std::uint64_t number) {
  const auto found = outgoing.find(number);
  if (found == outgoing.end()) return std::nullopt;
  auto taken = std::move(found->second);
  deadlines.erase({taken.deadline_ms, number});
  outgoing.erase(found);
  return taken;
}

/// Under the lock. Nearly always it is awake: waking it for each question would cost as much as the
/// question.
void peer_requests::core::wake_timer() {
  if (timer_idle) something_to_time.notify_one();
}

void peer_requests::core::settle(const asked_here& question) {
  const std::lock_guard lock(mutex);
  incoming.erase({question.from, question.number});
}

/// No room in the window is no reason to make an answer unknown: it is sent a little later.
void peer_requests::core::send_answer(const std::shared_ptr<asked_here>& question,
                                      std::string frame) {
  settle(*question);
  auto* const wires = network.load();
  if (!wires || question->gone || !wires->connected(question->from)) return;
  // A copy, since a frame that is refused is gone.
  if (wires->send(question->from, peer_lane::main, frame)) return;
  const std::lock_guard lock(mutex);
  if (unsent_bytes + frame.size() > limits.unsent_bytes_max) return;
  unsent_bytes += frame.size();
  unsent.push_back({question, std::move(frame)});
  wake_timer();
}

void peer_requests::core::send_unsent() {
  std::deque<unsent_answer> waiting;
  {
    const std::lock_guard lock(mutex);
    waiting.swap(unsent);
    unsent_bytes = 0;
  }
  auto* const wires = network.load();
  for (auto& a : waiting) {
    if (!wires || a.question->gone || now() > a.question->deadline_ms) continue;
    if (wires->send(a.question->from, peer_lane::main, a.frame)) continue;
    const std::lock_guard lock(mutex);
    unsent_bytes += a.frame.size();
    unsent.push_back(std::move(a));
  }
}

class peer_requests::incoming final : public incoming_request {
public:
  incoming(std::shared_ptr<core> c, std::shared_ptr<asked_here> q, std::string bytes)
      : core_(std::move(c)), question_(std::move(q)), bytes_(std::move(bytes)) {}
  ~incoming() override {
    answer(unknown("The node dropped the request; whether it was carried out is unknown"));
  }

  const std::string& bytes() const override { return bytes_; }
  const node_name& from() const override { return question_->from; }
  void answer(result<std::string> a) override {
    if (std::exchange(answered_, true)) return;
    core_->send_answer(question_, answer_frame(question_->number, a));
  }
  bool gone() const override {
    return question_->gone || core_->now() > question_->deadline_ms || !core_->network.load();
  }

private:
  std::shared_ptr<core> core_;
  std::shared_ptr<asked_here> question_;
  std::string bytes_;
  bool answered_ = false;
};

/// Sleeps while there is nothing to wait for. Thread: its own.
class peer_requests::timer {
public:
  timer(peer_requests& requests, core& c) {
    thread_ = std::jthread([&requests, &c](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        {
          std::unique_lock lock(c.mutex);
          c.timer_idle = true;
          c.something_to_time.wait(lock, stop,
                                   [&c] { return !c.deadlines.empty() || !c.unsent.empty(); });
          c.timer_idle = false;
          c.something_to_time.wait_for(lock, stop, timer_pause, [] { return false; });
        }
        requests.expire();
      }
    });
  }

private:
  std::jthread thread_;
};

peer_requests::peer_requests(const time_source& time, const peer_request_limits& limits)
    : core_(std::make_shared<core>(time, limits)) {
  if (limits.own_timer) timer_ = std::make_unique<timer>(*this, *core_);
}

peer_requests::~peer_requests() {
  detach();
}

void peer_requests::attach(peer_network& network) {
  core_->network = &network;
}

void peer_requests::detach() {
  timer_.reset();  // it may be in the middle of a send
  core_->network = nullptr;
  std::map<std::uint64_t, core::asked_there> ended;
  {
    const std::lock_guard lock(core_->mutex);
    ended.swap(core_->outgoing);
    core_->deadlines.clear();
    core_->incoming.clear();
    core_->unsent.clear();
    core_->unsent_bytes = 0;
    core_->serving = nullptr;
  }
  for (auto& [_, question] : ended) question.done(unknown("The node is stopping"));
}

std::uint64_t peer_requests::ask(const node_name& to, std::string bytes, std::int64_t timeout_ms,
                                 answered done) {
  auto* const wires = core_->network.load();
  if (!wires) return done(unavailable("The node is stopping")), 0;
  if (bytes.size() + frame_overhead > main_frame_bytes_max)
    return done(error_info{.code = errc::payload_too_large, .text = "Too large to forward"}), 0;
  const auto deadline = core_->now() + timeout_ms;
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(core_->mutex);
    if (core_->outgoing.size() < core_->limits.count_max) {
      number = ++core_->last_number;
      core_->outgoing.emplace(number, core::asked_there{to, deadline, done});
      core_->deadlines.emplace(deadline, number);
      core_->wake_timer();
    }
  }
  if (number == 0) return done(unavailable("Too many requests to other nodes")), 0;
  std::string frame;
  frame.reserve(bytes.size() + frame_overhead);
  auto out = frame_of(frame_kind::request, number, frame);
  out.varint(static_cast<std::uint64_t>(std::max<std::int64_t>(1, timeout_ms)));
  out.raw(bytes);
  if (auto sent = wires->send(to, peer_lane::main, std::move(frame)); !sent) {
    std::unique_lock lock(core_->mutex);
    auto taken = core_->take(number);
    lock.unlock();
    if (taken) taken->done(unavailable("The node that serves this is not connected"));
  }
  return number;
}

void peer_requests::cancel(std::uint64_t request) {
  std::optional<core::asked_there> taken;
  {
    const std::lock_guard lock(core_->mutex);
    taken = core_->take(request);
  }
  if (!taken) return;
  std::string frame;
  frame_of(frame_kind::cancel, request, frame);
  // A node that cannot be told finds out by itself: the connection is down, or the time is over.
  if (auto* const wires = core_->network.load())
    (void)wires->send(taken->to, peer_lane::main, std::move(frame));
  taken->done(unknown("Cancelled"));
}

void peer_requests::serve(handler h) {
  const std::lock_guard lock(core_->mutex);
  core_->serving = std::move(h);
}

void peer_requests::received(const peer_identity& from, std::string frame) {
  byte_reader in(frame);
  const auto kind = static_cast<frame_kind>(in.u8());
  const auto number = in.u64();
  if (!in.ok()) return;
  if (kind == frame_kind::answer) {
    std::unique_lock lock(core_->mutex);
    const auto found = core_->outgoing.find(number);
    if (found == core_->outgoing.end() || found->second.to != from.node) return;
    auto taken = core_->take(number);
    lock.unlock();
    return taken->done(read_answer(in));
  }
  if (kind == frame_kind::cancel) {
    const std::lock_guard lock(core_->mutex);
    const auto found = core_->incoming.find({from.node, number});
    if (found != core_->incoming.end()) found->second->gone = true;
    return;
  }
  if (kind == frame_kind::request) take_request(from, number, in.rest());
}

void peer_requests::take_request(const peer_identity& from, std::uint64_t number,
                                 std::string_view rest) {
  byte_reader in(rest);
  const auto timeout_ms = in.varint();
  if (!in.ok()) return;
  auto question = std::make_shared<asked_here>();
  question->from = from.node;
  question->number = number;
  question->deadline_ms =
      core_->now() + static_cast<std::int64_t>(std::min<std::uint64_t>(timeout_ms, INT32_MAX));
  auto asked = std::make_unique<incoming>(core_, question, std::string(in.rest()));
  std::unique_lock lock(core_->mutex);
  auto serving = core_->serving;
  const bool taken = serving && core_->incoming.size() < core_->limits.count_max;
  if (taken) core_->incoming[{from.node, number}] = std::move(question);
  lock.unlock();
  if (!taken) return asked->answer(unavailable("The node takes no requests of other nodes now"));
  serving(std::move(asked));
}

void peer_requests::disconnected(const peer_identity& peer) {
  std::vector<answered> ended;
  {
    const std::lock_guard lock(core_->mutex);
    for (auto it = core_->outgoing.begin(); it != core_->outgoing.end();) {
      const auto number = it->first;
      const bool lost = it->second.to == peer.node;
      ++it;
      if (lost) ended.push_back(core_->take(number)->done);
    }
    std::erase_if(core_->incoming, [&](const auto& entry) {
      if (entry.first.first != peer.node) return false;
      entry.second->gone = true;
      return true;
    });
  }
  for (const auto& done : ended) done(unknown("The connection to the other node broke"));
}

void peer_requests::expire() {
  core_->send_unsent();
  std::vector<answered> ended;
  {
    const auto now = core_->now();
    const std::lock_guard lock(core_->mutex);
    while (!core_->deadlines.empty() && core_->deadlines.begin()->first <= now)
      ended.push_back(core_->take(core_->deadlines.begin()->second)->done);
  }
  for (const auto& done : ended) done(unknown("The other node did not answer in time"));
}

}  // namespace taskdriver::cluster
