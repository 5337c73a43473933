// Encodes each kind of change as the puts and deletes of its keys.
#include "storage/changes_codec.hpp"

#include "storage/key_codec.hpp"
#include "storage/payload_codec.hpp"
#include "storage/record_codec.hpp"

namespace taskdriver::storage {
namespace {

using namespace domain;

/// Enough for every change but those that carry long texts, so that the payload is allocated once.
constexpr std::size_t bytes_per_change = 128;
constexpr std::size_t bytes_per_variable = 32;

std::size_t text_bytes(const change& any) {
  if (const auto* spec = std::get_if<put_spec>(&any)) {
    std::size_t bytes = spec->record->instructions.size();
    for (const variable& v : spec->record->variables) bytes += v.text.size() + bytes_per_variable;
    return bytes;
  }
  if (const auto* progress = std::get_if<put_progress>(&any)) {
    const task_progress& r = *progress->record;
    return r.result.size() + r.outputs.size() + r.error.size();
  }
  if (const auto* project = std::get_if<put_project>(&any)) {
    return project->record.description.size() + project->record.instructions.size();
  }
  return 0;
}

std::size_t bytes_expected(const changes& all) {
  std::size_t bytes = all.size() * bytes_per_change;
  for (const change& one : all) bytes += text_bytes(one);
  return bytes;
}

/// Visits the changes of one project and adds their operations to a payload.
class changes_encoder {
public:
  changes_encoder(payload_builder& out, shard_id shard, project_number project, std::string& value)
      : out_(out), keys_(shard, project), value_(value) {}

  void operator()(const put_project& c) { put(keys_.kind(record_kind::project), c.record); }
  void operator()(const delete_project&) {
    const std::string begin(keys_.project_start());
    out_.erase_range(begin, keys_.project_end());
  }
  void operator()(const put_counters& c) { put(keys_.kind(record_kind::counters), c.record); }
  void operator()(const put_activity& c) { put(keys_.activity(c.record.minute), c.record); }

  void operator()(const put_type& c) {
    put(keys_.type(record_kind::type, c.record.id.seq()), c.record);
  }
  void operator()(const put_type_tasks& c) {
    put_count(keys_.type(record_kind::type_tasks, c.type), c.tasks);
  }
  void operator()(const put_duplicates_end& c) {
    const auto key = keys_.type(record_kind::duplicates_end, c.type);
    if (c.end)
      put_count(key, raw(*c.end));
    else
      out_.erase(key);
  }
  void operator()(const delete_type& c) {
    out_.erase(keys_.type(record_kind::type, c.type));
    out_.erase(keys_.type(record_kind::type_tasks, c.type));
    out_.erase(keys_.type(record_kind::duplicates_end, c.type));
  }

  void operator()(const put_spec& c) {
    put(keys_.task(record_kind::spec, c.record->id.seq()), *c.record);
  }
  void operator()(const put_progress& c) {
    put(keys_.task(record_kind::progress, c.task), *c.record);
  }
  void operator()(const put_attempt& c) { put(keys_.attempt(c.task, c.record.number), c.record); }
  void operator()(const delete_task& c) {
    out_.erase(keys_.task(record_kind::spec, c.task));
    out_.erase(keys_.task(record_kind::progress, c.task));
    const std::string attempts(keys_.task(record_kind::attempt, c.task));
    out_.erase_range(attempts, after_prefix(attempts));
  }

  void operator()(const put_lease& c) {
    put(keys_.task(record_kind::lease, c.record.task), c.record);
  }
  void operator()(const delete_lease& c) { out_.erase(keys_.task(record_kind::lease, c.task)); }
  void operator()(const put_session& c) { put(keys_.session(c.record.token), c.record); }
  void operator()(const delete_session& c) { out_.erase(keys_.session(c.token)); }

  void operator()(const index_queued& c) { index(keys_.queue(c.key), c.add); }
  void operator()(const index_finished& c) { index(keys_.finished(c.status, c.task), c.add); }
  void operator()(const index_batch& c) {
    index(keys_.named(record_kind::by_batch, c.batch_id, c.task), c.add);
  }
  void operator()(const index_agent& c) {
    index(keys_.named(record_kind::by_agent, c.agent, c.task), c.add);
  }
  void operator()(const index_type& c) { index(keys_.of_type(c.type, c.task), c.add); }
  void operator()(const index_duplicate& c) {
    index(keys_.duplicate(c.type, c.print, c.task), c.add);
  }

  void operator()(const put_directory_entry& c) {
    put(keys_.directory_entry(c.record.id.project()), c.record);
  }
  void operator()(const delete_directory_entry& c) { out_.erase(keys_.directory_entry(c.project)); }
  void operator()(const put_next_project& c) {
    put_count(keys_.kind(record_kind::next_project), c.number);
  }

private:
  template <class Record>
  void put(std::string_view key, const Record& record) {
    value_.clear();
    encode_record(value_, record);
    out_.put(key, value_);
  }
  void put_count(std::string_view key, std::uint64_t count) {
    value_.clear();
    encode_count(value_, count);
    out_.put(key, value_);
  }
  void index(std::string_view key, bool add) {
    if (add) {
      out_.put(key, index_value);
    } else {
      out_.erase(key);
    }
  }

  payload_builder& out_;
  key_maker keys_;
  std::string& value_;
};

}  // namespace

std::string encode_changes(const changes& all, project_number project, std::uint16_t shard_count) {
  thread_local std::string value;  // keeps its memory from call to call
  payload_builder payload(bytes_expected(all));
  changes_encoder encoder(payload, home_shard(project, shard_count), project, value);
  for (const change& one : all) std::visit(encoder, one);
  return payload.take();
}

}  // namespace taskdriver::storage
