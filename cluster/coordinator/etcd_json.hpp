// Requests to etcd's JSON gateway and its answers: the one place of cluster/ that knows JSON
// (docs/decisions/0009). Keys and values travel in base64, 64-bit numbers as strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace taskdriver::cluster {

struct etcd_item {
  std::string key;
  std::string value;
  std::int64_t revision = 0;  // of the last change; of a deletion in an event
  std::int64_t lease = 0;     // 0 = none
};

// --- requests -----------------------------------------------------------------------------------

/// Which keys: exactly `key`, or with `prefix` all that start with it (not empty).
struct etcd_range {
  std::string key;
  bool prefix = false;
};

std::string range_request(const etcd_range& range);
/// Answers only the revision of the register.
std::string probe_request(const std::string& key);
/// Only if the key's revision is `expected`. `lease` 0 = none.
std::string put_if_request(const std::string& key, std::int64_t expected, const std::string& value,
                           std::int64_t lease);
std::string delete_if_request(const std::string& key, std::int64_t expected);
std::string put_request(const std::string& key, const std::string& value, std::int64_t lease);
std::string grant_request(int ttl_s);
std::string lease_request(std::int64_t lease);  // keep alive, revoke
std::string authenticate_request(const std::string& user, const std::string& password);
std::string watch_request(const etcd_range& range, std::int64_t first_revision);

// --- answers ------------------------------------------------------------------------------------
// All are total: nonsense is `internal` with a text that says what is wrong.

struct range_answer {
  std::int64_t revision = 0;  // of the register
  std::vector<etcd_item> items;
};
struct change_answer {
  std::int64_t revision = 0;
  bool succeeded = false;
};
struct lease_answer {
  std::int64_t lease = 0;
  std::int64_t ttl_s = 0;  // 0: there is no such lease
};
struct etcd_event {
  etcd_item item;
  bool deleted = false;
};
struct watch_answer {
  std::vector<etcd_event> events;  // in the order of revisions
  bool ended = false;              // the watch is over; if compacted, past changes are gone
  bool compacted = false;
  std::string why;  // it ended
};
/// What etcd says with a status other than 200.
struct etcd_error {
  int code = 0;  // of gRPC; 0 if it was no error of etcd
  std::string text;
};

result<range_answer> read_range_answer(std::string_view body);
result<change_answer> read_change_answer(std::string_view body);
result<lease_answer> read_grant_answer(std::string_view body);
result<lease_answer> read_keep_alive_answer(std::string_view body);
result<std::string> read_token(std::string_view body);
/// One line of a watch.
result<watch_answer> read_watch_answer(std::string_view line);
etcd_error read_error(std::string_view body);

}  // namespace taskdriver::cluster
