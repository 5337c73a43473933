// Drives Boost.Beast's incremental parser so that it only ever sees whole heads and whole chunk
// lines: what it would do with halves depends on how they were cut.
#include "http/server/request_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "http/server/head_scanner.hpp"
#include "http/server/request_rules.hpp"

namespace taskdriver::http {
namespace {

namespace beast = boost::beast;
using beast_text = beast::string_view;
using beast_error = beast::error_code;

/// A chunk's size line with its extensions, or the last chunk with all trailer fields.
constexpr std::size_t chunk_frame_bytes_max = 4 * 1024;
/// "0\r\n\r\n": no chunk frame that ends a message is shorter. Beast 1.74 asserts that it is never
/// asked about less once it has seen the last chunk's size.
constexpr std::size_t chunk_frame_bytes_min = 5;
/// A claimed length is believed only so far before bytes prove it.
constexpr std::size_t reserve_bytes_max = 256 * 1024;
constexpr std::size_t head_read_bytes = 16 * 1024;
constexpr std::size_t body_read_bytes = 64 * 1024;

std::string_view view_of(beast_text t) {
  return {t.data(), t.size()};
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

/// Beast's parser for one request: collects what it finds and adds the stricter rules.
class beast_parser final : public beast::http::basic_parser<true> {
public:
  beast_parser(const server_limits& limits, std::string_view head)
      : head_(head), rules_(limits.header_count) {
    header_limit(static_cast<std::uint32_t>(limits.head_bytes) + 1);
    body_limit(limits.body_bytes_max);
  }

  request parsed;
  std::optional<parse_failure> failure;
  std::size_t chunk_left = 0;
  bool chunk_frame_seen = false;
  const head_rules& rules() const { return rules_; }

private:
  void fail(beast_error& ec, parse_failure why) {
    failure = std::move(why);
    ec = beast::http::error::bad_field;  // any will do: `failure` is what counts
  }

  void on_request_impl(beast::http::verb, beast_text method, beast_text target, int version,
                       beast_error& ec) override {
    parsed.http10 = version == 10;
    rules_.start(parsed.http10);
    parsed.method = view_of(method);
    auto origin = origin_form(view_of(method), view_of(target));
    if (!origin) return fail(ec, {400, "the request target is malformed"});
    parsed.target = std::move(*origin);
  }

  void on_response_impl(int, beast_text, int, beast_error&) override {}

  void on_field_impl(beast::http::field, beast_text name, beast_text value,
                     beast_error& ec) override {
    if (is_header_done()) return;  // a trailer field: allowed, and of no meaning here
    if (auto broken = rules_.field(view_of(name), view_of(value))) {
      return fail(ec, std::move(*broken));
    }
    const std::size_t value_at = value.empty() ? 0 : value.data() - head_.data();
    parsed.headers.add_place(name.data() - head_.data(), name.size(), value_at, value.size());
  }

  void on_header_impl(beast_error& ec) override {
    if (auto broken = rules_.finish()) fail(ec, std::move(*broken));
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, beast_error&) override {
    if (length) parsed.body.reserve(std::min<std::size_t>(*length, reserve_bytes_max));
  }

  std::size_t on_body_impl(beast_text bytes, beast_error&) override {
    parsed.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t size, beast_text extension, beast_error& ec) override {
    chunk_frame_seen = true;
    chunk_left = size;
    if (has_control(view_of(extension))) fail(ec, {400, "malformed chunk extension"});
  }

  std::size_t on_chunk_body_impl(std::uint64_t, beast_text bytes, beast_error&) override {
    parsed.body.append(bytes.data(), bytes.size());
    chunk_left -= bytes.size();
    return bytes.size();
  }

  void on_finish_impl(beast_error&) override {}

  const std::string_view head_;
  head_rules rules_;
};

parse_failure translate(const beast_error& ec) {
  using beast::http::error;
  if (ec == error::body_limit) return {413, "the body is too large"};
  if (ec == error::header_limit) return {431, "the header is too large"};
  if (ec == error::bad_method) return {400, "the method is malformed"};
  if (ec == error::bad_target) return {400, "the request target is malformed"};
  if (ec == error::bad_field) return {400, "a header name is malformed"};
  if (ec == error::bad_value) return {400, "a header value is malformed"};
  if (ec == error::bad_content_length) return {400, "Content-Length is malformed"};
  if (ec == error::bad_transfer_encoding) return {400, "Transfer-Encoding is malformed"};
  if (ec == error::bad_chunk || ec == error::bad_chunk_extension) {
    return {400, "the chunked body is malformed"};
  }
  return {400, "the request is malformed"};
}

parse_failure translate(head_scanner::verdict v) {
  switch (v) {
    case head_scanner::verdict::line_too_long:
      return {414, "the request line is too long"};
    case head_scanner::verdict::head_too_long:
      return {431, "the header is too large"};
    case head_scanner::verdict::folded:
      return {400, "a header line is folded"};
    default:
      return {400, "a line does not end in CR LF"};
  }
}

}  // namespace

class request_parser::impl {
public:
  explicit impl(const server_limits& limits) : limits_(limits), scanner_(limits) {}

  step feed(std::string_view& input) {
    if (!beast_) return feed_head(input);
    return beast_->is_done() ? step::complete : feed_body(input);
  }

  request take();

  const server_limits& limits_;
  head_scanner scanner_;
  /// Bytes of a head, or of a chunk frame, that is not complete yet.
  std::string pending_;
  std::optional<beast_parser> beast_;
  parse_failure failure_;
  bool keep_alive_ = false;
  bool http10_ = false;
  bool head_request_ = false;

private:
  step feed_head(std::string_view& input);
  step parse_head(std::string head);
  step feed_body(std::string_view& input);
  bool feed_beast(std::string_view& bytes);
  bool skip_empty_lines(std::string_view& input);
  step fail(parse_failure why) {
    failure_ = std::move(why);
    return step::failed;
  }
};

/// Robustness of RFC 9112 section 2.2: CR LF before a request line is passed over. False for a CR
/// that no LF follows.
bool request_parser::impl::skip_empty_lines(std::string_view& input) {
  while (!input.empty()) {
    if (pending_ == "\r") {
      if (input.front() != '\n') return false;
      pending_.clear();
    } else if (pending_.empty() && input.front() == '\r') {
      pending_ = "\r";
    } else {
      return true;
    }
    input.remove_prefix(1);
  }
  return true;
}

request_parser::step request_parser::impl::feed_head(std::string_view& input) {
  if (!skip_empty_lines(input)) return fail({400, "a line does not end in CR LF"});
  if (input.empty()) return step::need_more;
  const auto first = static_cast<unsigned char>(input.front());
  if (pending_.empty() && (first <= ' ' || first >= 0x7f)) {
    return fail({400, "this is not HTTP"});  // at once: TLS and other protocols would wait for ever
  }
  keep_alive_ = http10_ = head_request_ = false;  // of the request before
  const std::size_t before = pending_.size();
  if (before != 0) pending_.append(input);
  const std::string_view all = before != 0 ? std::string_view(pending_) : input;
  const head_scanner::verdict verdict = scanner_.scan(all);
  if (verdict == head_scanner::verdict::need_more) {
    if (before == 0) pending_.assign(input);
    input = {};
    return step::need_more;
  }
  if (verdict != head_scanner::verdict::complete) return fail(translate(verdict));
  std::string head(all.substr(0, scanner_.length()));
  input.remove_prefix(scanner_.length() - before);
  pending_ = {};
  scanner_.reset();
  return parse_head(std::move(head));
}

request_parser::step request_parser::impl::parse_head(std::string head) {
  beast_.emplace(limits_, head);
  beast_error ec;
  const std::size_t used = beast_->put(boost::asio::buffer(head), ec);
  if (beast_->failure) return fail(std::move(*beast_->failure));
  if (ec == beast::http::error::bad_version) return fail(bad_version(head));
  if (ec) return fail(translate(ec));
  if (used != head.size() || !beast_->is_header_done()) {
    return fail({400, "the request is malformed"});
  }
  keep_alive_ = beast_->keep_alive();
  http10_ = beast_->parsed.http10;
  head_request_ = beast_->parsed.method == "HEAD";
  beast_->parsed.headers.adopt(std::move(head));
  return beast_->is_done() ? step::complete : step::head_done;
}

request_parser::step request_parser::impl::feed_body(std::string_view& input) {
  const std::size_t before = pending_.size();
  if (before != 0) pending_.append(input);
  std::string_view rest = before != 0 ? std::string_view(pending_) : input;
  while (!rest.empty() && !beast_->is_done()) {
    if (!feed_beast(rest)) {
      if (!failure_.text.empty()) return step::failed;
      break;
    }
  }
  if (!beast_->is_done()) {
    pending_ = std::string(rest);
    input = {};
    return step::need_more;
  }
  input.remove_prefix(input.size() - rest.size());  // what is left lies in the input's tail
  pending_ = {};
  return step::complete;
}

/// One piece of the body: a slice of data or one chunk frame. False if it needs more or has failed.
bool request_parser::impl::feed_beast(std::string_view& bytes) {
  const bool in_frame = beast_->chunked() && beast_->chunk_left == 0;
  if (in_frame && bytes.size() < chunk_frame_bytes_min) return false;
  beast_->chunk_frame_seen = false;
  beast_error ec;
  const std::size_t used = beast_->put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  const bool open = ec == beast::http::error::need_more;
  if (beast_->failure) {
    failure_ = std::move(*beast_->failure);
  } else if (in_frame && (open ? bytes.size() : used) > chunk_frame_bytes_max) {
    failure_ = {400, "a chunk's size line or the trailers are too long"};
  } else if (ec && !open) {
    failure_ = translate(ec);
  }
  if (ec || !failure_.text.empty()) return false;
  bytes.remove_prefix(used);
  return true;
}

request request_parser::impl::take() {
  TASKDRIVER_CHECK(beast_ && beast_->is_done(), "no complete request to take");
  request done = std::move(beast_->parsed);
  beast_.reset();
  return done;
}

request_parser::request_parser(const server_limits& limits)
    : impl_(std::make_unique<impl>(limits)) {}
request_parser::~request_parser() = default;

request_parser::step request_parser::feed(std::string_view& input) {
  return impl_->feed(input);
}
const parse_failure& request_parser::failure() const {
  return impl_->failure_;
}
request request_parser::take() {
  return impl_->take();
}

bool request_parser::under_way() const {
  return impl_->beast_ || !impl_->pending_.empty();
}
bool request_parser::keep_alive() const {
  return impl_->keep_alive_;
}
bool request_parser::is_http10() const {
  return impl_->http10_;
}
bool request_parser::is_head_request() const {
  return impl_->head_request_;
}

bool request_parser::continue_expected() const {
  return impl_->beast_ && impl_->beast_->rules().continue_expected();
}

std::size_t request_parser::body_bytes() const {
  return impl_->beast_ ? impl_->beast_->parsed.body.size() : 0;
}

std::size_t request_parser::bytes_wanted() const {
  if (!impl_->beast_ || impl_->beast_->chunked()) return head_read_bytes;
  const auto left = impl_->beast_->content_length_remaining();
  return std::clamp<std::size_t>(left ? *left : 0, 1, body_read_bytes);
}

}  // namespace taskdriver::http
