// What the HTTP server hands up and takes back: a parsed request, and the answer to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskdriver::http {

struct header_view {
  std::string_view name;
  std::string_view value;
};

/// The header fields of a request in the order they came; names compare without case. They are
/// places in one text (the request's head as received), so that a request costs two allocations
/// and not two per header. Thread: one owner. Owns: the text; views end with it.
class header_list {
public:
  /// The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t size() const { return places_.size(); }
  bool empty() const { return places_.empty(); }
  header_view at(std::size_t index) const;

  /// Appends a field; also how tests make a request.
  void add(std::string_view name, std::string_view value);
  /// Takes a received head over; `add_place` then says where in it a field stands.
  void adopt(std::string head) { text_ = std::move(head); }
  void add_place(std::size_t name_at, std::size_t name_size, std::size_t value_at,
                 std::size_t value_size);

private:
  struct place {
    std::uint32_t name_at, name_size, value_at, value_size;
  };
  std::string text_;
  std::vector<place> places_;
};

/// One complete, well-formed request. Plain values: may move to any thread.
struct request {
  std::string method;
  /// Origin-form ("/api/tasks?limit=1"), or "*" for OPTIONS. An absolute-form target was cut down.
  std::string target;
  header_list headers;
  std::string body;
  std::string remote_ip;
  bool http10 = false;
  /// std::chrono::steady_clock, nanoseconds, when its last byte had been read: for durations.
  std::int64_t received_ns = 0;
};

/// Appends "Name: value\r\n". CR, LF and NUL in both become blanks: values may carry what a user
/// once sent.
void append_field(std::string& out, std::string_view name, std::string_view value);

/// The further header fields of an answer, kept as the lines that are sent. Thread: one owner.
class answer_fields {
public:
  answer_fields() = default;
  answer_fields(std::initializer_list<header_view> fields);

  void add(std::string_view name, std::string_view value) { append_field(lines_, name, value); }
  void add(const answer_fields& more) { lines_.append(more.lines_); }
  /// The values of the fields with exactly this name.
  std::vector<std::string_view> find(std::string_view name) const;
  const std::string& lines() const { return lines_; }
  void reserve(std::size_t bytes) { lines_.reserve(bytes); }

private:
  std::string lines_;
};

/// One answer. The server adds Content-Length, Date and Connection itself.
struct response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  answer_fields headers = {};
  /// Close the connection after this answer.
  bool close = false;
};

/// "Not Found" for 404; "Unknown" for a status this server never sends.
std::string_view reason_phrase(int status);

}  // namespace taskdriver::http
