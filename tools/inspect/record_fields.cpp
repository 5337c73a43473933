// One function per kind of record, in the order of docs/storage_format.md.
#include "tools/inspect/record_fields.hpp"

#include "base/text.hpp"
#include "base/time.hpp"
#include "storage/log_codec.hpp"
#include "storage/record_codec.hpp"

namespace taskdriver::inspect {
namespace {

using namespace domain;
using storage::record_kind;

constexpr std::int64_t year_10000_ms = 253402300800000;

template <class Array>
std::string hex_of(const Array& bytes) {
  return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void add_time(fields& to, const char* name, std::int64_t ms) {
  if (ms == 0) return;
  if (ms < 0 || ms >= year_10000_ms) {
    to[name] = ms;
  } else {
    to[name] = iso8601(ms);
  }
}

void add_text(fields& to, const char* name, const std::string& text) {
  if (!text.empty()) to[name] = text;
}

const char* word(project_status status) {
  return status == project_status::active ? "active" : "closed";
}
const char* word(directory_state state) {
  switch (state) {
    case directory_state::creating:
      return "creating";
    case directory_state::active:
      return "active";
    case directory_state::deleting:
      return "deleting";
  }
  return "unknown";
}
const char* word(duplicate_handling handling) {
  switch (handling) {
    case duplicate_handling::allow:
      return "allow";
    case duplicate_handling::ignore:
      return "ignore";
    case duplicate_handling::fail:
      return "fail";
  }
  return "unknown";
}
const char* word(variable_kind kind) {
  switch (kind) {
    case variable_kind::string:
      return "string";
    case variable_kind::number:
      return "number";
    case variable_kind::boolean:
      return "boolean";
  }
  return "unknown";
}
const char* word(task_status status) {
  switch (status) {
    case task_status::queued:
      return "queued";
    case task_status::running:
      return "running";
    case task_status::completed:
      return "completed";
    case task_status::failed:
      return "failed";
  }
  return "unknown";
}
const char* word(attempt_status status) {
  switch (status) {
    case attempt_status::running:
      return "running";
    case attempt_status::completed:
      return "completed";
    case attempt_status::failed:
      return "failed";
    case attempt_status::timeout:
      return "timeout";
  }
  return "unknown";
}

fields fields_of(const project& r) {
  fields to{{"id", r.id.text()}, {"name", r.name}};
  add_text(to, "description", r.description);
  add_text(to, "instructions", r.instructions);
  to["status"] = word(r.status);
  to["default_max_retries"] = r.config.default_max_retries;
  to["default_lease_s"] = r.config.default_lease_s;
  to["reaper_interval_minutes"] = r.config.reaper_interval_minutes;
  add_time(to, "created", r.created_ms);
  add_time(to, "updated", r.updated_ms);
  return to;
}

fields fields_of(const project_counters& r) {
  return {{"queued", r.queued},
          {"running", r.running},
          {"completed", r.completed},
          {"failed", r.failed},
          {"next_task", r.next_task},
          {"next_type", r.next_type},
          {"head_priority", r.queue_head.priority},
          {"head_task", raw(r.queue_head.task)}};
}

fields fields_of(const activity_bucket& r) {
  return {{"minute", r.minute},
          {"completed", r.completed},
          {"failed", r.failed},
          {"duration_ms", r.duration_ms}};
}

fields fields_of(const task_type& r) {
  fields to{{"id", r.id.text()}, {"name", r.name}};
  add_text(to, "template", r.template_text);
  if (!r.variables.empty()) to["variables"] = r.variables;
  to["duplicates"] = word(r.duplicates);
  to["max_retries"] = r.max_retries;
  to["lease_s"] = r.lease_s;
  add_time(to, "created", r.created_ms);
  add_time(to, "updated", r.updated_ms);
  return to;
}

fields fields_of(const task_spec& r) {
  fields to{{"id", r.id.text()}, {"type_id", r.type_id.text()}, {"instructions", r.instructions}};
  for (const variable& each : r.variables)
    to["variables"].push_back(
        {{"name", each.name}, {"kind", word(each.kind)}, {"text", each.text}});
  add_text(to, "batch_id", r.batch_id);
  to["max_retries"] = r.max_retries;
  add_time(to, "created", r.created_ms);
  return to;
}

fields fields_of(const task_progress& r) {
  fields to{
      {"status", word(r.status)}, {"retry_count", r.retry_count}, {"lease_epoch", r.lease_epoch}};
  if (r.lease_epoch > 0) to["last_attempt"] = word(r.last_attempt);
  add_text(to, "assigned_to", r.assigned_to);
  add_time(to, "assigned", r.assigned_ms);
  add_time(to, "lease_expires", r.lease_expires_ms);
  add_text(to, "result", r.result);
  add_text(to, "outputs", r.outputs);
  add_text(to, "error", r.error);
  add_time(to, "updated", r.updated_ms);
  add_time(to, "completed", r.completed_ms);
  add_time(to, "failed", r.failed_ms);
  return to;
}

fields fields_of(const attempt& r) {
  fields to{{"number", r.number}, {"agent", r.agent}, {"status", word(r.status)}};
  add_time(to, "started", r.started_ms);
  add_time(to, "ended", r.ended_ms);
  add_text(to, "error", r.error);
  return to;
}

/// Whoever has the token may complete the task, and dumps are passed on.
std::string hidden(const lease_token& token) {
  return hex_of(token).substr(0, 8) + "...";
}

fields fields_of(const lease& r) {
  fields to{{"task", raw(r.task)},
            {"agent", r.agent},
            {"token", hidden(r.token)},
            {"epoch", r.epoch},
            {"duration_ms", r.duration_ms}};
  add_time(to, "granted", r.granted_ms);
  add_time(to, "expires", r.expires_ms);
  return to;
}

fields fields_of(const session& r) {
  fields to{{"id", r.id}, {"agent", r.agent}, {"incarnation", r.incarnation}};
  add_time(to, "created", r.created_ms);
  add_time(to, "expires", r.expires_ms);
  add_time(to, "last_activity", r.last_activity_ms);
  return to;
}

fields fields_of(const directory_entry& r) {
  return {
      {"id", r.id.text()}, {"name", r.name}, {"state", word(r.state)}, {"status", word(r.status)}};
}

template <class Record>
std::optional<fields> decoded(std::string_view value) {
  const auto record = storage::decode_record<Record>(value);
  if (!record) return std::nullopt;
  return fields_of(*record);
}

std::optional<fields> number(const char* name, std::optional<std::uint64_t> read) {
  if (!read) return std::nullopt;
  return fields{{name, *read}};
}

bool is_word(const std::string& text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";
  return !text.empty() && text.find_first_not_of(plain) == std::string::npos;
}

}  // namespace

fields key_fields(const state_key& key) {
  switch (key.kind) {
    case record_kind::activity:
      return {{"slot", key.small}};
    case record_kind::type:
    case record_kind::type_tasks:
    case record_kind::duplicates_end:
      return {{"type", raw(key.type)}};
    case record_kind::attempt:
      return {{"task", raw(key.task)}, {"number", key.number}};
    case record_kind::spec:
    case record_kind::progress:
    case record_kind::lease:
      return {{"task", raw(key.task)}};
    case record_kind::queue:
      return {{"priority", key.small}, {"task", raw(key.task)}};
    case record_kind::by_finished:
      return {{"status", word(task_status{key.small})}, {"task", raw(key.task)}};
    case record_kind::by_batch:
      return {{"batch_id", key.bytes}, {"task", raw(key.task)}};
    case record_kind::by_agent:
      return {{"agent", key.bytes}, {"task", raw(key.task)}};
    case record_kind::by_type:
      return {{"type", raw(key.type)}, {"task", raw(key.task)}};
    case record_kind::duplicate:
      return {{"type", raw(key.type)}, {"fingerprint", to_hex(key.bytes)}, {"task", raw(key.task)}};
    case record_kind::session:
      return {{"token_sha256", to_hex(key.bytes)}};
    case record_kind::directory_entry:
      return {{"entry", raw(key.entry)}};
    case record_kind::applied:
    case record_kind::project:
    case record_kind::counters:
    case record_kind::next_project:
      return fields::object();
  }
  return fields::object();
}

std::optional<fields> value_fields(record_kind kind, std::string_view value) {
  switch (kind) {
    case record_kind::applied:
      return number("index", storage::decode_number(value));
    case record_kind::project:
      return decoded<project>(value);
    case record_kind::counters:
      return decoded<project_counters>(value);
    case record_kind::activity:
      return decoded<activity_bucket>(value);
    case record_kind::type:
      return decoded<task_type>(value);
    case record_kind::type_tasks:
      return number("tasks", storage::decode_count(value));
    case record_kind::duplicates_end:
      return number("task", storage::decode_count(value));
    case record_kind::spec:
      return decoded<task_spec>(value);
    case record_kind::progress:
      return decoded<task_progress>(value);
    case record_kind::attempt:
      return decoded<attempt>(value);
    case record_kind::lease:
      return decoded<lease>(value);
    case record_kind::session:
      return decoded<session>(value);
    case record_kind::directory_entry:
      return decoded<directory_entry>(value);
    case record_kind::next_project:
      return number("number", storage::decode_count(value));
    case record_kind::queue:
    case record_kind::by_finished:
    case record_kind::by_batch:
    case record_kind::by_agent:
    case record_kind::by_type:
    case record_kind::duplicate:
      if (value != storage::index_value) return std::nullopt;
      return fields::object();
  }
  return std::nullopt;
}

std::string fields_text(const fields& all) {
  std::string text;
  for (const auto& [name, value] : all.items()) {
    if (!text.empty()) text += ' ';
    text += name + '=';
    const bool plain = value.is_string() && is_word(value.get_ref<const std::string&>());
    text += plain ? value.get<std::string>()
                  : value.dump(-1, ' ', false, fields::error_handler_t::replace);
  }
  return text;
}

}  // namespace taskdriver::inspect
