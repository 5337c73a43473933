// Writers and readers of peer_codec.hpp, each beside the other.
#include "actors/peer_codec.hpp"

#include "base/wire.hpp"

namespace taskdriver::actors {
namespace {

constexpr std::uint8_t version = 1;

enum class tag : std::uint8_t { visit = 1, order = 2, status = 3 };
enum class answer_tag : std::uint8_t { visited = 1, moved = 2, ordered = 3, refused = 4, done = 5 };
enum class order_tag : std::uint8_t { create = 1, remove = 2, get = 3 };
enum class reply_tag : std::uint8_t { project = 1, done = 2 };

/// Bits of a route and of caller facts; others are malformed.
constexpr std::uint8_t flag_verified = 1;
constexpr std::uint8_t flag_let_by = 2;
constexpr std::uint8_t flag_admin = 4;
constexpr std::uint8_t flag_session = 8;
constexpr std::uint8_t flag_authenticated = 16;
constexpr std::uint8_t flags_all = 31;

// --- small parts ----------------------------------------------------------------------------

/// Signed numbers are never negative in what travels.
void put_number(byte_writer& out, std::int64_t n) {
  out.varint(static_cast<std::uint64_t>(n < 0 ? 0 : n));
}
std::int64_t get_number(byte_reader& in) {
  const auto n = in.varint();
  return static_cast<std::int64_t>(n <= INT64_MAX ? n : in.fail());
}

std::uint32_t get_u32(byte_reader& in) {
  const auto n = in.varint();
  return static_cast<std::uint32_t>(n <= UINT32_MAX ? n : in.fail());
}

int get_seconds(byte_reader& in) {
  const auto n = in.varint();
  return static_cast<int>(n <= INT32_MAX ? n : in.fail());
}

project_number get_project_number(byte_reader& in) {
  return project_number{in.u32()};
}

object_id get_id(byte_reader& in) {
  const auto bytes = in.raw(object_id::bytes_length);
  // The id of nothing is not a UUID, but a value that requests carry.
  if (bytes == object_id{}.bytes()) return {};
  const auto id = object_id::from_bytes(bytes);
  if (!id) in.fail();
  return id.value_or(object_id{});
}

domain::token_hash get_token(byte_reader& in) {
  domain::token_hash token{};
  const auto bytes = in.raw(token.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) token[i] = static_cast<std::uint8_t>(bytes[i]);
  return token;
}

template <class Enum>
Enum get_enum(byte_reader& in, Enum last) {
  const auto n = in.u8();
  if (n < 1 || n > static_cast<std::uint8_t>(last)) in.fail();
  return static_cast<Enum>(n);
}

// --- who and where to -------------------------------------------------------------------------

void put_credentials(byte_writer& out, const credentials& from) {
  out.u8(static_cast<std::uint8_t>(from.index()));
  if (const auto* session = std::get_if<session_credentials>(&from)) {
    out.u32(raw(session->home));
    out.bytes(session->token);
  }
}

credentials get_credentials(byte_reader& in) {
  switch (in.u8()) {
    case 0:
      return no_credentials{};
    case 1:
      return admin_credentials{};
    case 2: {
      const auto home = get_project_number(in);
      return session_credentials{home, get_token(in)};
    }
    default:
      in.fail();
      return no_credentials{};
  }
}

void put_destination(byte_writer& out, const destination& to) {
  out.u8(static_cast<std::uint8_t>(to.index()));
  if (const auto* project = std::get_if<to_project>(&to)) {
    out.u32(raw(project->number));
    out.raw(project->id.bytes());
  } else if (const auto* named = std::get_if<to_named_project>(&to)) {
    out.text(named->ref);
  }
}

destination get_destination(byte_reader& in) {
  switch (in.u8()) {
    case 0:
      return to_directory{};
    case 1: {
      const auto number = get_project_number(in);
      return to_project{number, get_id(in)};
    }
    case 2:
      return to_named_project{std::string(in.text())};
    case 3:
      return to_home{};
    default:
      in.fail();
      return to_home{};
  }
}

void put_session(byte_writer& out, const domain::session& s) {
  out.bytes(s.token);
  out.text(s.id);
  out.text(s.agent);
  out.varint(s.incarnation);
  put_number(out, s.created_ms);
  put_number(out, s.expires_ms);
  put_number(out, s.last_activity_ms);
}

domain::session get_session(byte_reader& in) {
  domain::session s;
  s.token = get_token(in);
  s.id = in.text();
  s.agent = in.text();
  s.incarnation = get_u32(in);
  s.created_ms = get_number(in);
  s.expires_ms = get_number(in);
  s.last_activity_ms = get_number(in);
  return s;
}

void put_route(byte_writer& out, const request_route& r) {
  out.u8(static_cast<std::uint8_t>((r.verified ? flag_verified : 0) | (r.let_by ? flag_let_by : 0) |
                                   (r.who.admin ? flag_admin : 0) |
                                   (r.who.with ? flag_session : 0) |
                                   (r.caller.authenticated ? flag_authenticated : 0)));
  put_destination(out, r.to);
  out.u32(raw(r.who.home));
  if (r.who.with) put_session(out, *r.who.with);
  out.text(r.caller.agent);
  put_number(out, r.wait_ms);
}

request_route get_route(byte_reader& in) {
  request_route r;
  const auto flags = in.u8();
  if (flags > flags_all) in.fail();
  r.verified = (flags & flag_verified) != 0;
  r.let_by = (flags & flag_let_by) != 0;
  r.who.admin = (flags & flag_admin) != 0;
  r.caller.authenticated = (flags & flag_authenticated) != 0;
  r.to = get_destination(in);
  r.who.home = get_project_number(in);
  if ((flags & flag_session) != 0) r.who.with = get_session(in);
  r.caller.agent = in.text();
  r.wait_ms = get_number(in);
  return r;
}

// --- projects ---------------------------------------------------------------------------------

void put_config(byte_writer& out, const domain::project_config& c) {
  out.varint(c.default_max_retries);
  out.varint(c.default_lease_s);
  out.varint(c.reaper_interval_minutes);
}

domain::project_config get_config(byte_reader& in) {
  domain::project_config c;
  c.default_max_retries = get_u32(in);
  c.default_lease_s = get_u32(in);
  c.reaper_interval_minutes = get_u32(in);
  return c;
}

void put_project(byte_writer& out, const domain::project& p) {
  out.raw(p.id.bytes());
  out.text(p.name);
  out.text(p.description);
  out.text(p.instructions);
  out.u8(static_cast<std::uint8_t>(p.status));
  put_config(out, p.config);
  put_number(out, p.created_ms);
  put_number(out, p.updated_ms);
}

domain::project get_project(byte_reader& in) {
  domain::project p;
  p.id = get_id(in);
  p.name = in.text();
  p.description = in.text();
  p.instructions = in.text();
  p.status = get_enum(in, domain::project_status::closed);
  p.config = get_config(in);
  p.created_ms = get_number(in);
  p.updated_ms = get_number(in);
  return p;
}

/// What a list shows of the counters; the rest stays with the project.
void put_counters(byte_writer& out, const domain::project_counters& c) {
  for (const auto n : {c.queued, c.running, c.completed, c.failed}) out.varint(n);
}

domain::project_counters get_counters(byte_reader& in) {
  domain::project_counters c;
  for (auto* n : {&c.queued, &c.running, &c.completed, &c.failed}) *n = in.varint();
  return c;
}

// --- questions --------------------------------------------------------------------------------

struct question_writer {
  byte_writer out;

  void operator()(const visit_question& q) {
    out.u8(static_cast<std::uint8_t>(tag::visit));
    put_credentials(out, q.from);
    put_route(out, q.route);
    out.raw(q.wire);
  }
  void operator()(const order_question& q) {
    out.u8(static_cast<std::uint8_t>(tag::order));
    out.u32(raw(q.number));
    if (const auto* create = std::get_if<domain::create_project>(&q.what)) {
      out.u8(static_cast<std::uint8_t>(order_tag::create));
      out.raw(create->id.bytes());
      out.text(create->name);
      out.text(create->description);
      out.text(create->instructions);
      put_config(out, create->config);
    } else {
      const bool removes = std::holds_alternative<domain::remove_project>(q.what);
      out.u8(static_cast<std::uint8_t>(removes ? order_tag::remove : order_tag::get));
    }
  }
  void operator()(const status_question& q) {
    out.u8(static_cast<std::uint8_t>(tag::status));
    out.u32(raw(q.number));
    out.u8(static_cast<std::uint8_t>(q.status));
  }
};

visit_question get_visit(byte_reader& in) {
  visit_question q;
  q.from = get_credentials(in);
  q.route = get_route(in);
  q.wire = in.rest();
  return q;
}

domain::create_project get_creation(byte_reader& in) {
  domain::create_project create;
  create.id = get_id(in);
  create.name = in.text();
  create.description = in.text();
  create.instructions = in.text();
  create.config = get_config(in);
  return create;
}

order_question get_order(byte_reader& in) {
  order_question q;
  q.number = get_project_number(in);
  switch (get_enum(in, order_tag::get)) {
    case order_tag::create:
      q.what = get_creation(in);
      break;
    case order_tag::remove:
      q.what = domain::remove_project{};
      break;
    case order_tag::get:
      q.what = domain::get_project{};
      break;
  }
  return q;
}

status_question get_status(byte_reader& in) {
  status_question q;
  q.number = get_project_number(in);
  q.status = get_enum(in, domain::project_status::closed);
  return q;
}

peer_question get_question(byte_reader& in) {
  switch (get_enum(in, tag::status)) {
    case tag::visit:
      return get_visit(in);
    case tag::order:
      return get_order(in);
    case tag::status:
      return get_status(in);
  }
  in.fail();
  return status_question{};
}

// --- answers ----------------------------------------------------------------------------------

struct answer_writer {
  byte_writer out;

  void operator()(const visit_answer& a) {
    out.u8(static_cast<std::uint8_t>(answer_tag::visited));
    out.u16(static_cast<std::uint16_t>(a.rendered.status));
    put_number(out, a.rendered.retry_after_s);
    out.u8(static_cast<std::uint8_t>((a.caller.authenticated ? 1 : 0) |
                                     (a.rendered.new_token ? 2 : 0)));
    out.text(a.caller.agent);
    if (a.rendered.new_token) out.bytes(*a.rendered.new_token);
    out.raw(a.rendered.body);
  }
  void operator()(const moved_answer& a) {
    out.u8(static_cast<std::uint8_t>(answer_tag::moved));
    put_route(out, a.route);
  }
  void operator()(const order_answer& a) {
    if (!a.what) return refusal(a.what.error());
    out.u8(static_cast<std::uint8_t>(answer_tag::ordered));
    if (const auto* project = std::get_if<domain::project_view>(&*a.what)) {
      out.u8(static_cast<std::uint8_t>(reply_tag::project));
      put_project(out, project->record);
      put_counters(out, project->counters);
    } else {
      out.u8(static_cast<std::uint8_t>(reply_tag::done));
    }
  }
  void operator()(const done_answer&) { out.u8(static_cast<std::uint8_t>(answer_tag::done)); }

private:
  /// Orders are never refused field by field.
  void refusal(const error_info& why) {
    out.u8(static_cast<std::uint8_t>(answer_tag::refused));
    out.u8(static_cast<std::uint8_t>(why.code));
    put_number(out, why.retry_after_s);
    out.text(why.text);
  }
};

visit_answer get_visited(byte_reader& in) {
  visit_answer a;
  a.rendered.status = in.u16();
  a.rendered.retry_after_s = get_seconds(in);
  const auto flags = in.u8();
  if (flags > 3) in.fail();
  a.caller.authenticated = (flags & 1) != 0;
  a.caller.agent = in.text();
  if ((flags & 2) != 0) a.rendered.new_token = get_token(in);
  a.rendered.body = in.rest();
  return a;
}

order_answer get_ordered(byte_reader& in) {
  if (get_enum(in, reply_tag::done) == reply_tag::done)
    return {domain::reply{domain::done_view{"Project deleted"}}};
  domain::project_view view;
  view.record = get_project(in);
  view.counters = get_counters(in);
  return {domain::reply{std::move(view)}};
}

order_answer get_refused(byte_reader& in) {
  error_info why;
  const auto code = in.u8();
  if (code > static_cast<std::uint8_t>(errc::internal)) in.fail();
  why.code = static_cast<errc>(code);
  why.retry_after_s = get_seconds(in);
  why.text = in.text();
  return {std::move(why)};
}

peer_answer get_answer(byte_reader& in) {
  switch (get_enum(in, answer_tag::done)) {
    case answer_tag::visited:
      return get_visited(in);
    case answer_tag::moved:
      return moved_answer{get_route(in)};
    case answer_tag::ordered:
      return get_ordered(in);
    case answer_tag::refused:
      return get_refused(in);
    case answer_tag::done:
      break;
  }
  return done_answer{};
}

template <class Value>
result<Value> finished(byte_reader& in, Value value) {
  if (in.finished()) return value;
  return error_info{.code = errc::bad_request, .text = "Malformed message of another node"};
}

error_info unknown_version() {
  return {.code = errc::bad_request, .text = "Unknown version of a message of another node"};
}

template <class Writer, class Message>
std::string encoded(const Message& message) {
  std::string bytes;
  byte_writer(bytes).u8(version);
  Writer writer{byte_writer(bytes)};
  std::visit(writer, message);
  return bytes;
}

}  // namespace

std::string encode_question(const peer_question& question) {
  return encoded<question_writer>(question);
}

result<peer_question> decode_question(std::string_view bytes) {
  byte_reader in(bytes);
  if (in.u8() != version) return unknown_version();
  auto question = get_question(in);
  return finished(in, std::move(question));
}

std::string encode_answer(const peer_answer& answer) {
  return encoded<answer_writer>(answer);
}

result<peer_answer> decode_answer(std::string_view bytes) {
  byte_reader in(bytes);
  if (in.u8() != version) return unknown_version();
  auto answer = get_answer(in);
  return finished(in, std::move(answer));
}

}  // namespace taskdriver::actors
