// The state machine of a connection; see the drawing in the header.
#include "http/server/connection.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.hpp"

namespace taskdriver::http {
namespace {

constexpr std::string_view interim_answer = "HTTP/1.1 100 Continue\r\n\r\n";
/// Below this a copy costs less than a second piece in the system call.
constexpr std::size_t joined_body_bytes_max = 16 * 1024;
/// A body up to this size is taken however many others are arriving.
constexpr std::size_t arriving_bytes_free = 64 * 1024;
/// How much a lingering connection may waste of one round of events.
constexpr int discards_per_event = 16;

}  // namespace

struct connection::unsent_bytes {
  std::string head;
  std::string body;
  std::size_t sent = 0;  // over both

  std::string_view rest_of_head() const {
    return std::string_view(head).substr(std::min(sent, head.size()));
  }
  std::string_view rest_of_body() const {
    return std::string_view(body).substr(sent - std::min(sent, head.size()));
  }
  bool done() const { return sent == head.size() + body.size(); }
};

connection::connection(connection_id id, std::unique_ptr<byte_channel> channel,
                       std::string remote_ip, io_services& services)
    : id_(id),
      channel_(std::move(channel)),
      remote_ip_(std::move(remote_ip)),
      services_(services),
      parser_(services.options.limits),
      since_ms_(services.now_ms()) {}

connection::~connection() {
  count_arriving(0);
  if (exchange_) exchange_->gone.store(true, std::memory_order_release);
}

void connection::on_ready() {
  switch (state_) {
    case state::idle:
    case state::head:
    case state::body:
      return read_some();
    case state::answering:
      return look_at_peer();
    case state::writing:
      return send_rest();
    case state::lingering:
      return discard_input();
    case state::closed:
      return;
  }
}

void connection::on_answer(std::optional<response> r) {
  if (state_ != state::answering) return;
  if (!r) r = services_.options.error_response(503, "the request was given up");
  exchange_.reset();
  send(std::move(*r));
}

void connection::on_sweep() {
  const server_limits& limits = services_.options.limits;
  const std::int64_t age_ms = services_.now_ms() - since_ms_;
  switch (state_) {
    case state::idle:
      if (age_ms >= limits.idle_ms) close();
      return;
    case state::head:
      if (age_ms >= limits.header_ms) refuse(408, "the request's header took too long");
      return;
    case state::body:
      if (age_ms >= limits.body_ms) refuse(408, "the request's body took too long");
      return;
    case state::writing:
      if (age_ms >= limits.write_ms) close();
      return;
    case state::lingering:
      if (age_ms >= limits.linger_ms) close();
      return;
    case state::answering:
    case state::closed:
      return;
  }
}

void connection::begin_drain() {
  draining_ = true;
  if (state_ == state::idle) close();
}

void connection::enter(state s) {
  if (state_ == state::body) count_arriving(0);
  state_ = s;
  since_ms_ = services_.now_ms();
}

void connection::read_some() {
  std::vector<char>& buffer = services_.read_buffer;
  const io_result got =
      channel_->read(buffer.data(), std::min(buffer.size(), parser_.bytes_wanted()));
  if (got.what == io_result::kind::would_block) return;
  if (got.what != io_result::kind::done) return close();
  services_.counters.received.add(got.bytes);
  take({buffer.data(), got.bytes});
}

/// Parses until the input is used up or a request has to wait for its answer.
void connection::take(std::string_view input) {
  taking_ = true;
  while (!input.empty() && is_reading()) {
    const request_parser::step step = parser_.feed(input);
    if (state_ == state::idle && (parser_.under_way() || step == request_parser::step::failed)) {
      enter(state::head);
    }
    if (step == request_parser::step::head_done) on_head_done(!input.empty());
    if (step == request_parser::step::need_more) count_arriving(parser_.body_bytes());
    if (step == request_parser::step::complete) dispatch();
    if (step == request_parser::step::failed) {
      refuse(parser_.failure().status, parser_.failure().text);
    }
  }
  taking_ = false;
  if (state_ == state::answering || state_ == state::writing) leftover_.assign(input);
}

/// Small bodies are always taken: the budget is against a few hundred large ones.
void connection::count_arriving(std::size_t bytes) {
  thread_counter& total = services_.counters.arriving;
  total.add(bytes - std::exchange(arriving_, bytes));  // unsigned, so that it may go down as well
  if (bytes <= arriving_bytes_free || state_ != state::body) return;
  const server_options& o = services_.options;
  if (total.value() <= o.limits.arriving_bytes_max / o.io_threads) return;
  refuse(503, "too many large requests at once");
}

void connection::on_head_done(bool body_is_here) {
  enter(state::body);
  if (!parser_.continue_expected() || body_is_here) return;
  const io_result sent = channel_->write(interim_answer, {});
  if (sent.what == io_result::kind::failed) return close();
  services_.counters.sent.add(sent.bytes);
  // With no room for it the client goes on by its own patience (RFC 9110 section 10.1.1); a part
  // of it must be made whole, before the answer at the latest.
  if (sent.bytes != 0) owed_ = interim_answer.substr(sent.bytes);
}

void connection::dispatch() {
  enter(state::answering);
  close_after_ = !parser_.keep_alive();
  request r = parser_.take();
  r.remote_ip = remote_ip_;
  r.received_ns = services_.now_ns;
  services_.counters.requests.add(1);
  exchange_ = std::make_shared<exchange>();
  exchange_->sink = services_.mail;
  exchange_->id = id_;
  exchange_->gone.store(peer_finished_, std::memory_order_relaxed);

  services_.mail->expect_inline(id_);
  try {
    services_.handler(std::move(r), responder(exchange_));
  } catch (const std::exception& e) {
    log_event(log_level::error, "request handler threw", {{"what", e.what()}});
  }
  if (auto now = services_.mail->take_inline()) on_answer(std::move(now->content));
}

/// While an answer is pending: has the client hung up? Its bytes are left in the kernel.
void connection::look_at_peer() {
  switch (channel_->look()) {
    case byte_channel::peer_state::quiet:
      return;
    case byte_channel::peer_state::has_bytes:
      return wait_for(byte_channel::interest::hang_up);
    case byte_channel::peer_state::half_closed:
      peer_finished_ = true;
      exchange_->gone.store(true, std::memory_order_release);
      return wait_for(byte_channel::interest::nothing);
    case byte_channel::peer_state::dead:
      return close();
  }
}

void connection::refuse(int status, std::string_view text) {
  close_after_ = true;
  send(services_.options.error_response(status, text));
}

void connection::send(response r) {
  close_after_ = close_after_ || r.close || draining_;
  std::string& out = services_.write_buffer;
  out.assign(owed_);
  owed_.clear();
  services_.encoder.append_head(out, r,
                                {.keep_alive = !close_after_, .http10 = parser_.is_http10()});
  if (parser_.is_head_request() || is_bodiless(r.status)) r.body.clear();
  if (r.body.size() <= joined_body_bytes_max) {
    out.append(r.body);
    r.body.clear();
  }
  enter(state::writing);
  send_bytes(out, std::move(r.body));
}

void connection::send_bytes(std::string_view head, std::string body) {
  const io_result sent = channel_->write(head, body);
  if (sent.what == io_result::kind::failed) return close();
  services_.counters.sent.add(sent.bytes);
  if (sent.bytes == head.size() + body.size()) return after_answer();
  unsent_ =
      std::make_unique<unsent_bytes>(unsent_bytes{std::string(head), std::move(body), sent.bytes});
  wait_for(byte_channel::interest::writable);
}

void connection::send_rest() {
  if (!unsent_) return;
  const io_result sent = channel_->write(unsent_->rest_of_head(), unsent_->rest_of_body());
  if (sent.what == io_result::kind::failed) return close();
  services_.counters.sent.add(sent.bytes);
  if (sent.bytes != 0) since_ms_ = services_.now_ms();
  unsent_->sent += sent.bytes;
  if (!unsent_->done()) return;
  unsent_.reset();
  after_answer();
}

/// Everything is in the kernel's hands: close, or go on with what has been read already.
void connection::after_answer() {
  if (close_after_) {
    leftover_ = {};
    channel_->finish_writing();
    enter(state::lingering);
    return wait_for(byte_channel::interest::readable);
  }
  enter(state::idle);
  wait_for(byte_channel::interest::readable);
  if (taking_ || leftover_.empty()) return;
  const std::string input = std::exchange(leftover_, {});
  take(input);
}

/// Closing at once with unread input would make the kernel send RST, which destroys an answer that
/// the client has not read yet. So its bytes are read and forgotten until its FIN, for linger_ms.
void connection::discard_input() {
  for (int i = 0; i < discards_per_event; ++i) {
    const io_result got =
        channel_->read(services_.read_buffer.data(), services_.read_buffer.size());
    if (got.what == io_result::kind::would_block) return;
    if (got.what != io_result::kind::done) return close();
  }
}

void connection::close() {
  state_ = state::closed;
  if (exchange_) exchange_->gone.store(true, std::memory_order_release);
  exchange_.reset();
}

void connection::wait_for(byte_channel::interest what) {
  if (waiting_for_ == what) return;
  waiting_for_ = what;
  channel_->wait_for(what);
}

}  // namespace taskdriver::http
