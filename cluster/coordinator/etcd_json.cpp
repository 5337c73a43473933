// Builds the gateway's requests and reads its answers; nothing an answer holds is taken on trust.
#include "cluster/coordinator/etcd_json.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.hpp"

namespace taskdriver::cluster {
namespace {

using json = nlohmann::json;

// --- writing ------------------------------------------------------------------------------------

/// Standard base64, which is base64url in another alphabet and with padding.
std::string to_base64(std::string_view bytes) {
  std::string text = to_base64url(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::string text_of(const json& request) {
  return request.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The first key behind all that start with `prefix`.
std::string end_of(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return std::string(1, '\0');  // etcd's word for "no end"
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

json range_json(const etcd_range& range) {
  json request = {{"key", to_base64(range.key)}};
  if (range.prefix) request["range_end"] = to_base64(end_of(range.key));
  return request;
}

json put_json(const std::string& key, const std::string& value, std::int64_t lease) {
  json put = {{"key", to_base64(key)}, {"value", to_base64(value)}};
  if (lease != 0) put["lease"] = std::to_string(lease);
  return put;
}

std::string if_unchanged(const std::string& key, std::int64_t expected, const char* operation,
                         json request) {
  const json compare = {{"key", to_base64(key)},
                        {"target", "MOD"},
                        {"result", "EQUAL"},
                        {"mod_revision", std::to_string(expected)}};
  json then;
  then[operation] = std::move(request);
  return text_of({{"compare", json::array({compare})}, {"success", json::array({then})}});
}

// --- reading ------------------------------------------------------------------------------------

error_info nonsense(const std::string& what) {
  return {errc::internal, "etcd answered nonsense: " + what};
}

/// Members of an object that may be left out. After the first that is of another kind than it must
/// be, ok() is false.
class json_reader {
public:
  explicit json_reader(const json& object) : object_(object), ok_(object.is_object()) {}

  std::int64_t number(const char* name) {
    const json* found = member(name);
    if (found == nullptr) return 0;
    if (found->is_number_integer()) return found->get<std::int64_t>();
    const auto* text = found->get_ptr<const std::string*>();
    std::int64_t n = 0;
    if (text == nullptr) return fail();
    const auto parsed = std::from_chars(text->data(), text->data() + text->size(), n);
    if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size()) return fail();
    return n;
  }
  std::string text(const char* name) {
    const json* found = member(name);
    if (found == nullptr) return "";
    const auto* text = found->get_ptr<const std::string*>();
    return text == nullptr ? (fail(), "") : *text;
  }
  std::string bytes(const char* name) {
    std::string text = this->text(name);
    while (!text.empty() && text.back() == '=') text.pop_back();
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    auto bytes = from_base64url(text);
    return bytes ? std::move(*bytes) : (fail(), "");
  }
  bool flag(const char* name) {
    const json* found = member(name);
    if (found == nullptr) return false;
    return found->is_boolean() ? found->get<bool>() : fail() != 0;
  }
  /// Empty if it is not there.
  const json& list(const char* name) {
    static const json none = json::array();
    const json* found = member(name);
    if (found != nullptr && !found->is_array()) fail();
    return found != nullptr && found->is_array() ? *found : none;
  }
  /// Null if it is not there.
  const json* member(const char* name) {
    if (!ok_) return nullptr;
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  bool ok() const { return ok_; }
  std::int64_t fail() {
    ok_ = false;
    return 0;
  }

private:
  const json& object_;
  bool ok_;
};

/// nullopt if it is not an object. Deep nesting costs memory in proportion only: the parser does
/// not recurse.
std::optional<json> parse(std::string_view text) {
  json parsed = json::parse(text.begin(), text.end(), nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  return parsed;
}

/// The revision in an answer's header, which every answer has.
std::optional<std::int64_t> header_revision(json_reader& answer) {
  const json* header = answer.member("header");
  if (header == nullptr) return std::nullopt;
  json_reader in(*header);
  const std::int64_t revision = in.number("revision");
  return in.ok() && revision > 0 ? std::optional(revision) : std::nullopt;
}

std::optional<etcd_item> read_item(const json& from) {
  json_reader in(from);
  etcd_item item{in.bytes("key"), in.bytes("value"), in.number("mod_revision"), in.number("lease")};
  if (!in.ok() || item.key.empty() || item.revision <= 0) return std::nullopt;
  return item;
}

std::optional<etcd_event> read_event(const json& from) {
  json_reader in(from);
  const std::string type = in.text("type");
  const json* kv = in.member("kv");
  if (!in.ok() || kv == nullptr || (!type.empty() && type != "PUT" && type != "DELETE"))
    return std::nullopt;
  auto item = read_item(*kv);
  if (!item) return std::nullopt;
  return etcd_event{std::move(*item), type == "DELETE"};
}

result<lease_answer> read_lease(const json& from) {
  json_reader in(from);
  const lease_answer lease{in.number("ID"), in.number("TTL")};
  if (!in.ok() || lease.lease == 0) return nonsense("no lease");
  return lease;
}

}  // namespace

std::string range_request(const etcd_range& range) {
  return text_of(range_json(range));
}

std::string probe_request(const std::string& key) {
  return text_of({{"key", to_base64(key)}, {"count_only", true}});
}

std::string put_if_request(const std::string& key, std::int64_t expected, const std::string& value,
                           std::int64_t lease) {
  return if_unchanged(key, expected, "request_put", put_json(key, value, lease));
}

std::string delete_if_request(const std::string& key, std::int64_t expected) {
  return if_unchanged(key, expected, "request_delete_range", {{"key", to_base64(key)}});
}

std::string put_request(const std::string& key, const std::string& value, std::int64_t lease) {
  return text_of(put_json(key, value, lease));
}

std::string grant_request(int ttl_s) {
  return text_of({{"TTL", std::to_string(ttl_s)}});
}

std::string lease_request(std::int64_t lease) {
  return text_of({{"ID", std::to_string(lease)}});
}

std::string authenticate_request(const std::string& user, const std::string& password) {
  return text_of({{"name", user}, {"password", password}});
}

// No progress_notify: before etcd 3.4.25 its revision could be ahead of events still to come.
std::string watch_request(const etcd_range& range, std::int64_t first_revision) {
  json create = range_json(range);
  create["start_revision"] = std::to_string(first_revision);
  json request;
  request["create_request"] = std::move(create);
  return text_of(request);
}

result<range_answer> read_range_answer(std::string_view body) {
  const auto parsed = parse(body);
  if (!parsed) return nonsense("not a JSON object");
  json_reader in(*parsed);
  const auto revision = header_revision(in);
  if (!revision) return nonsense("no revision");
  range_answer answer{*revision, {}};
  for (const json& kv : in.list("kvs")) {
    auto item = read_item(kv);
    if (!item) return nonsense("a malformed key or value");
    answer.items.push_back(std::move(*item));
  }
  if (!in.ok() || in.flag("more")) return nonsense("an incomplete list");
  return answer;
}

result<change_answer> read_change_answer(std::string_view body) {
  const auto parsed = parse(body);
  if (!parsed) return nonsense("not a JSON object");
  json_reader in(*parsed);
  const auto revision = header_revision(in);
  const bool succeeded = in.flag("succeeded");
  if (!revision || !in.ok()) return nonsense("no outcome");
  return change_answer{*revision, succeeded};
}

result<lease_answer> read_grant_answer(std::string_view body) {
  const auto parsed = parse(body);
  if (!parsed) return nonsense("not a JSON object");
  return read_lease(*parsed);
}

result<lease_answer> read_keep_alive_answer(std::string_view body) {
  const auto parsed = parse(body);
  if (!parsed) return nonsense("not a JSON object");
  const json* answer = json_reader(*parsed).member("result");
  if (answer == nullptr) return nonsense("no result");
  return read_lease(*answer);
}

result<std::string> read_token(std::string_view body) {
  const auto parsed = parse(body);
  if (!parsed) return nonsense("not a JSON object");
  json_reader in(*parsed);
  std::string token = in.text("token");
  // It becomes a header.
  const bool plain =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!in.ok() || token.empty() || !plain) return nonsense("no token");
  return token;
}

result<watch_answer> read_watch_answer(std::string_view line) {
  const auto parsed = parse(line);
  if (!parsed) return nonsense("not a JSON object");
  json_reader outer(*parsed);
  watch_answer answer;
  if (outer.member("error") != nullptr) {
    answer.ended = true;
    answer.why = read_error(line).text;
    return answer;
  }
  const json* result = outer.member("result");
  if (result == nullptr) return nonsense("no result");
  json_reader in(*result);
  answer.ended = in.flag("canceled");
  answer.compacted = in.number("compact_revision") != 0;
  answer.why = in.text("cancel_reason");
  for (const json& one : in.list("events")) {
    auto event = read_event(one);
    if (!event) return nonsense("a malformed event");
    answer.events.push_back(std::move(*event));
  }
  if (!in.ok()) return nonsense("a malformed watch");
  return answer;
}

etcd_error read_error(std::string_view body) {
  const auto parsed = parse(body);
  if (!parsed) return {0, std::string(utf8_prefix(body, 100))};
  // In a stream the error is an object of its own.
  const auto inner = parsed->find("error");
  const bool nested = inner != parsed->end() && inner->is_object();
  json_reader in(nested ? *inner : *parsed);
  const std::int64_t code = in.number(nested ? "grpc_code" : "code");
  const std::string text = in.text("message");
  if (!in.ok() || code <= 0 || code > 16) return {0, std::string(utf8_prefix(body, 100))};
  return {static_cast<int>(code), text};
}

}  // namespace taskdriver::cluster
