// Bytes in, requests out: the HTTP/1.x syntax of the server, on Boost.Beast's parser.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "http/server/message.hpp"
#include "http/server/options.hpp"

namespace taskdriver::http {

/// Why a message cannot be a request: the status that says so, and a text for people.
struct parse_failure {
  int status = 400;
  std::string text;
};

/// Parses one connection's requests, one at a time. What comes out depends only on the bytes, not
/// on how they were split. After `failed` the connection's framing is lost: answer and close.
///
///   head --blank line--> body --last byte--> complete --take--> head
///     \---- no body ------------------------/
///
/// Thread: one owner. Owns: the bytes of the request under way; nothing in between.
class request_parser {
public:
  enum class step {
    need_more,  // all input is used
    head_done,  // a body follows; feed again
    complete,   // take() it; input may hold the next one
    failed,
  };

  explicit request_parser(const server_limits& limits);
  ~request_parser();
  request_parser(const request_parser&) = delete;
  request_parser& operator=(const request_parser&) = delete;

  /// Takes bytes off the front of `input` until there is something to tell.
  step feed(std::string_view& input);
  const parse_failure& failure() const;

  /// A request's first byte has come and its last one has not.
  bool under_way() const;
  /// Of the body under way, as far as it has come.
  std::size_t body_bytes() const;
  /// How much the next read should ask for at most: never far beyond this request.
  std::size_t bytes_wanted() const;

  /// After head_done: the client waits for "100 Continue".
  bool continue_expected() const;
  /// After head_done, until the next one's head: the client wants the connection kept.
  bool keep_alive() const;
  bool is_http10() const;
  bool is_head_request() const;

  /// The request, after `complete`; remote_ip and received_ns are left to the caller.
  request take();

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace taskdriver::http
