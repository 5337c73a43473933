// Gets and bounded scans of records.
#include "storage/record_reader.hpp"

#include "base/text.hpp"
#include "storage/engine.hpp"
#include "storage/entry_iterator.hpp"
#include "storage/key_codec.hpp"
#include "storage/node_store.hpp"
#include "storage/record_codec.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::storage {
namespace {

constexpr project_number directory_project{0};

/// The range of an index in which the task `after` would be, from just behind it.
struct index_range {
  std::string begin;
  std::string end;
};

/// Where scans of tasks start and end, per index. Sequences are the last part of every key, so that
/// the key of `after + 1` is where to start.
class range_of_index {
public:
  range_of_index(key_maker& keys, sequence after) : keys_(keys), first_(sequence{raw(after) + 1}) {}

  index_range operator()(const domain::by_creation&) {
    return within(keys_.task(record_kind::spec, first_));
  }
  /// All tasks have the same priority today, so that creation order is queue order.
  index_range operator()(const domain::by_queue&) {
    return within(keys_.queue({domain::queue_key{}.priority, first_}));
  }
  index_range operator()(const domain::by_lease&) {
    return within(keys_.task(record_kind::lease, first_));
  }
  index_range operator()(const domain::by_finished& index) {
    return within(keys_.finished(index.status, first_));
  }
  index_range operator()(const domain::by_batch& index) {
    return within(keys_.named(record_kind::by_batch, index.batch_id, first_));
  }
  index_range operator()(const domain::by_agent& index) {
    return within(keys_.named(record_kind::by_agent, index.agent, first_));
  }
  index_range operator()(const domain::by_type& index) {
    return within(keys_.of_type(index.type, first_));
  }

private:
  static constexpr std::size_t sequence_bytes = 6;
  static index_range within(std::string_view first) {
    const std::string_view prefix = first.substr(0, first.size() - sequence_bytes);
    return {std::string(first), after_prefix(prefix)};
  }
  key_maker& keys_;
  sequence first_;
};

/// Where there is no progress record (created_progress.hpp).
domain::progress_ptr as_created(const domain::task_spec& spec) {
  return std::make_shared<const domain::task_progress>(domain::progress_as_created(spec));
}

}  // namespace

record_reader::record_reader(node_store& store) : store_(store.internals()) {}

shard_id record_reader::home(project_number p) const {
  return home_shard(p, store_.format.shard_count);
}

void record_reader::fail(std::string_view key) const {
  store_.health.fail({errc::internal, "damaged: record " + to_hex(key) + " is malformed"});
}

template <class Decode>
auto record_reader::get_with(std::string_view key, Decode decode) const
    -> decltype(decode(std::string_view())) {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = store_.db().Get({}, store_.state, key, &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) {
    store_.health.fail(to_error(status, "reading a record"));
    return std::nullopt;
  }
  auto record = decode(value.ToStringView());
  if (!record) fail(key);
  return record;
}

template <class Record>
std::optional<Record> record_reader::get(std::string_view key) const {
  return get_with(key, decode_record<Record>);
}

std::optional<std::uint64_t> record_reader::get_count(std::string_view key) const {
  return get_with(key, decode_count);
}

void record_reader::scan(std::string_view begin, std::string_view end, const visitor& visit) const {
  const rocksdb::Slice upper = end;
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  entry_iterator it(
      std::unique_ptr<rocksdb::Iterator>(store_.db().NewIterator(options, store_.state)));
  for (it.seek(begin); it.valid(); it.next()) {
    if (is_group(it.key())) return fail(it.key());
    if (!visit(it.key(), it.value())) return;
  }
  if (!it.status().ok()) store_.health.fail(to_error(it.status(), "scanning records"));
}

std::vector<sequence> record_reader::scan_sequences(std::string_view begin, std::string_view end,
                                                    std::size_t limit) const {
  std::vector<sequence> found;
  if (limit == 0) return found;
  scan(begin, end, [&](std::string_view key, std::string_view) {
    found.push_back(task_of(key));
    return found.size() < limit;
  });
  return found;
}

template <class Record>
std::vector<Record> record_reader::load_all(std::string_view prefix) const {
  std::vector<Record> records;
  scan(prefix, after_prefix(prefix), [&](std::string_view key, std::string_view value) {
    auto record = decode_record<Record>(value);
    if (!record) return fail(key), false;
    records.push_back(std::move(*record));
    return true;
  });
  return records;
}

std::optional<domain::project> record_reader::load_project(project_number p) const {
  return get<domain::project>(key_maker(home(p), p).kind(record_kind::project));
}

domain::project_counters record_reader::load_counters(project_number p) const {
  key_maker keys(home(p), p);
  return get<domain::project_counters>(keys.kind(record_kind::counters))
      .value_or(domain::project_counters{});
}

std::vector<domain::activity_bucket> record_reader::load_activity(project_number p) const {
  return load_all<domain::activity_bucket>(key_maker(home(p), p).kind(record_kind::activity));
}

std::vector<domain::stored_type> record_reader::load_types(project_number p) const {
  key_maker keys(home(p), p);
  std::vector<domain::stored_type> types;
  for (domain::task_type& type : load_all<domain::task_type>(keys.kind(record_kind::type))) {
    const auto tasks = get_count(keys.type(record_kind::type_tasks, type.id.seq()));
    const auto end = get_count(keys.type(record_kind::duplicates_end, type.id.seq()));
    types.push_back(
        {std::move(type), tasks.value_or(0), end ? std::optional(sequence{*end}) : std::nullopt});
  }
  return types;
}

std::vector<domain::lease> record_reader::load_leases(project_number p) const {
  return load_all<domain::lease>(key_maker(home(p), p).kind(record_kind::lease));
}

std::vector<domain::session> record_reader::load_sessions(project_number p) const {
  return load_all<domain::session>(key_maker(home(p), p).kind(record_kind::session));
}

domain::spec_ptr record_reader::load_spec(project_number p, sequence task) const {
  auto spec = get<domain::task_spec>(key_maker(home(p), p).task(record_kind::spec, task));
  return spec ? std::make_shared<const domain::task_spec>(std::move(*spec)) : nullptr;
}

domain::progress_ptr record_reader::load_progress(project_number p, sequence task) const {
  key_maker keys(home(p), p);
  auto progress = get<domain::task_progress>(keys.task(record_kind::progress, task));
  if (progress) return std::make_shared<const domain::task_progress>(std::move(*progress));
  const auto spec = get<domain::task_spec>(keys.task(record_kind::spec, task));
  return spec ? as_created(*spec) : nullptr;
}

/// One iterator for many tasks: neighbours in the queue are neighbours in the store, so that the
/// next record is nearly always the next key, in a block that is decoded already.
class record_reader::walk {
public:
  walk(const record_reader& reader, key_maker& keys, record_kind kind, sequence last)
      : reader_(reader),
        keys_(keys),
        kind_(kind),
        end_(after_prefix(keys.task(kind, last))),
        upper_(end_) {
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &upper_;
    it_.reset(reader.store_.db().NewIterator(options, reader.store_.state));
  }

  /// Null if there is none. `task` is higher than in the call before.
  template <class Record>
  std::shared_ptr<const Record> at(sequence task) {
    const std::string_view key = keys_.task(kind_, task);
    for (int steps = 0; started_ && steps < steps_max && before(key); ++steps) it_->Next();
    if (!started_ || before(key)) it_->Seek(key);
    started_ = true;
    if (!it_->status().ok())
      reader_.store_.health.fail(to_error(it_->status(), "scanning records"));
    if (!it_->Valid() || it_->key().ToStringView() != key) return nullptr;
    auto record = decode_record<Record>(it_->value().ToStringView());
    if (!record) return reader_.fail(key), nullptr;
    return std::make_shared<const Record>(std::move(*record));
  }

private:
  /// Beyond so many neighbours a seek is cheaper.
  static constexpr int steps_max = 8;
  bool before(std::string_view key) const {
    return it_->Valid() && it_->key().ToStringView() < key;
  }

  const record_reader& reader_;
  key_maker& keys_;
  record_kind kind_;
  std::string end_;
  rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> it_;
  bool started_ = false;
};

std::vector<domain::stored_task> record_reader::load_tasks(project_number p,
                                                           std::span<const sequence> tasks,
                                                           std::size_t bytes_max) const {
  std::vector<domain::stored_task> found;
  if (tasks.empty()) return found;
  key_maker keys(home(p), p);
  // In this order: of a task that is deleted in between there is no spec, rather than no progress.
  walk progresses(*this, keys, record_kind::progress, tasks.back());
  walk specs(*this, keys, record_kind::spec, tasks.back());
  std::size_t bytes = 0;
  for (const auto task : tasks) {
    if (bytes >= bytes_max) break;
    auto spec = specs.at<domain::task_spec>(task);
    auto progress = progresses.at<domain::task_progress>(task);
    if (!spec) continue;
    if (!progress) progress = as_created(*spec);
    bytes += spec->instructions.size() + progress->result.size() + progress->outputs.size();
    found.push_back({task, std::move(spec), std::move(progress)});
  }
  return found;
}

std::vector<domain::attempt> record_reader::load_attempts(project_number p, sequence task) const {
  return load_all<domain::attempt>(key_maker(home(p), p).task(record_kind::attempt, task));
}

std::vector<domain::queue_key> record_reader::scan_queue(project_number p, domain::queue_key from,
                                                         bool exclusive, std::size_t limit) const {
  key_maker keys(home(p), p);
  std::string begin(keys.queue(from));
  if (exclusive) begin.push_back('\0');  // the next possible key
  std::vector<domain::queue_key> places;
  if (limit == 0) return places;
  const std::string end = after_prefix(keys.kind(record_kind::queue));
  scan(begin, end, [&](std::string_view key, std::string_view) {
    const auto place = queue_place(key);
    if (!place) return fail(key), false;
    places.push_back(*place);
    return places.size() < limit;
  });
  return places;
}

std::vector<sequence> record_reader::scan_duplicates(project_number p, sequence type,
                                                     const domain::fingerprint& print,
                                                     std::size_t limit) const {
  key_maker keys(home(p), p);
  const std::string begin(keys.duplicate(type, print, sequence{0}));
  return scan_sequences(begin, keys.duplicate(type, print, sequence{sequence_max}), limit);
}

std::vector<sequence> record_reader::scan_tasks(project_number p, const domain::task_index& index,
                                                sequence after, std::size_t limit) const {
  if (raw(after) >= sequence_max) return {};
  key_maker keys(home(p), p);
  index_range range = std::visit(range_of_index(keys, after), index);
  if (std::holds_alternative<domain::by_queue>(index)) {
    // Before the head there are only deleted entries, maybe millions.
    const std::string head(keys.queue(load_counters(p).queue_head));
    range.begin = std::max(range.begin, head);
    if (range.begin >= range.end) return {};
  }
  return scan_sequences(range.begin, range.end, limit);
}

std::vector<project_number> record_reader::projects_in(shard_id shard) const {
  const std::string end = shard_range_end(shard);
  const rocksdb::Slice upper = end;
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> it(store_.db().NewIterator(options, store_.state));
  std::vector<project_number> found;
  it->Seek(key_maker(shard, project_number{1}).project_start());
  while (it->Valid()) {
    const project_number project = project_of(it->key().ToStringView());
    found.push_back(project);
    it->Seek(key_maker(shard, project).project_end());
  }
  if (!it->status().ok()) store_.health.fail(to_error(it->status(), "scanning projects"));
  return found;
}

std::vector<domain::directory_entry> record_reader::load_directory() const {
  key_maker keys(home(directory_project), directory_project);
  return load_all<domain::directory_entry>(keys.kind(record_kind::directory_entry));
}

std::uint32_t record_reader::load_next_project() const {
  key_maker keys(home(directory_project), directory_project);
  return static_cast<std::uint32_t>(get_count(keys.kind(record_kind::next_project)).value_or(1));
}

}  // namespace taskdriver::storage
