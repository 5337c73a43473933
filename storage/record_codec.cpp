// Each record's fields once, read by a value_writer and a value_reader alike.
#include "storage/record_codec.hpp"

#include <limits>

#include "base/wire.hpp"

namespace taskdriver::storage {
namespace {

constexpr std::uint8_t version_1 = 1;

/// Small magnitudes of either sign become small numbers.
std::uint64_t zigzag(std::int64_t n) {
  return (static_cast<std::uint64_t>(n) << 1) ^ static_cast<std::uint64_t>(n >> 63);
}
std::int64_t unzigzag(std::uint64_t n) {
  return static_cast<std::int64_t>(n >> 1) ^ -static_cast<std::int64_t>(n & 1);
}

/// Visits the fields of a record and appends them.
class value_writer {
public:
  template <class Record>
  using record = const Record;

  explicit value_writer(std::string& out) : out_(out) {}

  template <class Unsigned>
  void number(Unsigned n) {
    out_.varint(n);
  }
  void number(sequence n) { out_.varint(raw(n)); }
  void time(std::int64_t ms) { out_.varint(zigzag(ms)); }
  void text(const std::string& text) { out_.text(text); }
  void byte(std::uint8_t n) { out_.u8(n); }
  void id(const object_id& id) { out_.raw(id.bytes()); }
  template <class Enum>
  void choice(Enum value, Enum /*last*/) {
    out_.u8(static_cast<std::uint8_t>(value));
  }
  template <std::size_t Size>
  void bytes(const std::array<std::uint8_t, Size>& bytes) {
    out_.bytes(bytes);
  }
  template <class List, class Item>
  void list(const List& list, Item item) {
    out_.varint(list.size());
    for (const auto& one : list) item(one);
  }

private:
  byte_writer out_;
};

/// Visits the fields of a record and fills them; ok() tells whether all were there and in range.
class value_reader {
public:
  template <class Record>
  using record = Record;

  explicit value_reader(std::string_view in) : in_(in) {}

  template <class Unsigned>
  void number(Unsigned& n) {
    const std::uint64_t read = in_.varint();
    if (read > std::numeric_limits<Unsigned>::max()) in_.fail();
    n = static_cast<Unsigned>(read);
  }
  void number(sequence& n) {
    const std::uint64_t read = in_.varint();
    if (read > sequence_max) in_.fail();
    n = sequence{read};
  }
  void time(std::int64_t& ms) { ms = unzigzag(in_.varint()); }
  void text(std::string& text) { text = in_.text(); }
  void byte(std::uint8_t& n) { n = in_.u8(); }
  void id(object_id& id) {
    const auto read = object_id::from_bytes(in_.raw(object_id::bytes_length));
    if (!read) in_.fail();
    id = read.value_or(object_id{});
  }
  template <class Enum>
  void choice(Enum& value, Enum last) {
    const std::uint8_t read = in_.u8();
    if (read == 0 || read > static_cast<std::uint8_t>(last)) in_.fail();
    value = static_cast<Enum>(read);
  }
  template <std::size_t Size>
  void bytes(std::array<std::uint8_t, Size>& bytes) {
    const std::string_view read = in_.raw(Size);
    std::copy(read.begin(), read.end(), bytes.begin());
  }
  template <class List, class Item>
  void list(List& list, Item item) {
    // The number is not believed: the list grows only as far as there is input.
    for (std::uint64_t left = in_.varint(); left > 0 && in_.ok(); --left) {
      item(list.emplace_back());
    }
  }

  bool version_is(std::uint8_t version) { return in_.u8() == version; }
  bool finished() const { return in_.finished(); }

private:
  byte_reader in_;
};

template <class Io>
void fields(Io& io, typename Io::template record<domain::project>& r) {
  io.id(r.id);
  io.text(r.name);
  io.text(r.description);
  io.text(r.instructions);
  io.choice(r.status, domain::project_status::closed);
  io.number(r.config.default_max_retries);
  io.number(r.config.default_lease_s);
  io.number(r.config.reaper_interval_minutes);
  io.time(r.created_ms);
  io.time(r.updated_ms);
}

template <class Io>
void fields(Io& io, typename Io::template record<domain::project_counters>& r) {
  io.number(r.queued);
  io.number(r.running);
  io.number(r.completed);
  io.number(r.failed);
  io.number(r.next_task);
  io.number(r.next_type);
  io.byte(r.queue_head.priority);
  io.number(r.queue_head.task);
}

template <class Io>
void fields(Io& io, typename Io::template record<domain::activity_bucket>& r) {
  io.number(r.minute);
  io.number(r.completed);
  io.number(r.failed);
  io.number(r.duration_ms);
}

template <class Io>
void fields(Io& io, typename Io::template record<domain::task_type>& r) {
  io.id(r.id);
  io.text(r.name);
  io.text(r.template_text);
  io.list(r.variables, [&](auto& name) { io.text(name); });
  io.choice(r.duplicates, domain::duplicate_handling::fail);
  io.number(r.max_retries);
  io.number(r.lease_s);
  io.time(r.created_ms);
  io.time(r.updated_ms);
}

template <class Io>
void fields(Io& io, typename Io::template record<domain::task_spec>& r) {
  io.id(r.id);
  io.id(r.type_id);
  io.text(r.instructions);
  io.list(r.variables, [&](auto& variable) {
    io.text(variable.name);
    io.choice(variable.kind, domain::variable_kind::boolean);
    io.text(variable.text);
  });
  io.text(r.batch_id);
  io.number(r.max_retries);
  io.time(r.created_ms);
}

template <class Io>
void fields(Io& io, typename Io::template record<domain::task_progress>& r) {
  io.choice(r.status, domain::task_status::failed);
  io.number(r.retry_count);
  io.number(r.lease_epoch);
  io.choice(r.last_attempt, domain::attempt_status::timeout);
  io.text(r.assigned_to);
  io.time(r.assigned_ms);
  io.time(r.lease_expires_ms);
  io.text(r.result);
  io.text(r.outputs);
  io.text(r.error);
  io.time(r.updated_ms);
  io.time(r.completed_ms);
  io.time(r.failed_ms);
}

template <class Io>
void fields(Io& io, typename Io::template record<domain::attempt>& r) {
  io.number(r.number);
  io.text(r.agent);
  io.time(r.started_ms);
  io.time(r.ended_ms);
  io.choice(r.status, domain::attempt_status::timeout);
  io.text(r.error);
}

template <class Io>
void fields(Io& io, typename Io::template record<domain::lease>& r) {
  io.number(r.task);
  io.text(r.agent);
  io.bytes(r.token);
  io.number(r.epoch);
  io.time(r.duration_ms);
  io.time(r.granted_ms);
  io.time(r.expires_ms);
}

template <class Io>
void fields(Io& io, typename Io::template record<domain::session>& r) {
  io.bytes(r.token);
  io.text(r.id);
  io.text(r.agent);
  io.number(r.incarnation);
  io.time(r.created_ms);
  io.time(r.expires_ms);
  io.time(r.last_activity_ms);
}

template <class Io>
void fields(Io& io, typename Io::template record<domain::directory_entry>& r) {
  io.id(r.id);
  io.text(r.name);
  io.choice(r.state, domain::directory_state::deleting);
  io.choice(r.status, domain::project_status::closed);
}

}  // namespace

template <class Record>
void encode_record(std::string& out, const Record& record) {
  byte_writer(out).u8(version_1);
  value_writer writer(out);
  fields(writer, record);
}

template <class Record>
std::optional<Record> decode_record(std::string_view value) {
  value_reader reader(value);
  if (!reader.version_is(version_1)) return std::nullopt;
  std::optional<Record> record(std::in_place);
  fields(reader, *record);
  if (!reader.finished()) return std::nullopt;
  return record;
}

void encode_count(std::string& out, std::uint64_t count) {
  byte_writer writer(out);
  writer.u8(version_1);
  writer.varint(count);
}

std::optional<std::uint64_t> decode_count(std::string_view value) {
  byte_reader in(value);
  const bool known = in.u8() == version_1;
  const std::uint64_t count = in.varint();
  if (!known || !in.finished()) return std::nullopt;
  return count;
}

#define TASKDRIVER_RECORD(type)                                   \
  template void encode_record(std::string&, const domain::type&); \
  template std::optional<domain::type> decode_record(std::string_view)
TASKDRIVER_RECORD(project);
TASKDRIVER_RECORD(project_counters);
TASKDRIVER_RECORD(activity_bucket);
TASKDRIVER_RECORD(task_type);
TASKDRIVER_RECORD(task_spec);
TASKDRIVER_RECORD(task_progress);
TASKDRIVER_RECORD(attempt);
TASKDRIVER_RECORD(lease);
TASKDRIVER_RECORD(session);
TASKDRIVER_RECORD(directory_entry);
#undef TASKDRIVER_RECORD

}  // namespace taskdriver::storage
