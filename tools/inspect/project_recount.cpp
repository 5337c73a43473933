// Walks a project's records by kind; what belongs to one task is merged in order of keys.
#include "tools/inspect/project_recount.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "storage/record_codec.hpp"
#include "storage/rocksdb_errors.hpp"

namespace taskdriver::inspect {
namespace {

using namespace domain;
using storage::record_kind;

constexpr std::size_t name_bytes_max = 255;

std::string name_of(sequence task) {
  return "task " + std::to_string(raw(task));
}
std::string type_name(sequence type) {
  return "type " + std::to_string(raw(type));
}

result<void> status_of(const view_scan& scan) {
  if (!scan.status().ok()) return storage::to_error(scan.status(), "reading records");
  return {};
}

record_kind after(record_kind kind) {
  return record_kind{static_cast<std::uint8_t>(static_cast<std::uint8_t>(kind) + 1)};
}

std::string miscounted(const char* what, std::uint64_t stored, std::uint64_t counted) {
  return std::string("counters say ") + std::to_string(stored) + " " + what +
         " tasks, counted are " + std::to_string(counted);
}

}  // namespace

project_recount::project_recount(shard_view& view, project_scans& scans, project_number project,
                                 finding_list& found)
    : view_(view),
      scans_(scans),
      project_(project),
      found_(found),
      keys_(view.shard(), project),
      indexes_(view, project) {
  summary_.number = project;
}

result<project_summary> project_recount::run() {
  auto read =
      read_range(record_kind::project, record_kind::type_tasks, &project_recount::read_head);
  if (read && !summary_.stored) {
    found_.add("has records, but none that says what project it is");
    return summary_;
  }
  if (read)
    read = read_range(record_kind::duplicates_end, record_kind::duplicates_end,
                      &project_recount::read_duplicates_end);
  if (read) read = recount_tasks();
  if (read) read = indexes_.count_stored(scans_.other, found_);
  if (read)
    read = read_range(record_kind::session, record_kind::session, &project_recount::read_session);
  if (read) read = read_unknown();
  if (!read) return read.error();
  compare_types();
  compare_counters();
  if (auto compared = indexes_.compare(scans_.other, found_); !compared) return compared.error();
  return summary_;
}

result<void> project_recount::read_range(record_kind first, record_kind last,
                                         record_reader reader) {
  view_scan& scan = scans_.other;
  const std::string begin(keys_.kind(first));
  const std::string end(keys_.kind(after(last)));
  for (scan.seek(begin, end); scan.valid(); scan.next()) {
    if (const auto key = parse_state_key(scan.key())) {
      (this->*reader)(*key, scan.value());
    } else {
      found_.add("key " + to_hex(scan.key()) + " is malformed");
    }
  }
  return status_of(scan);
}

void project_recount::read_head(const state_key& key, std::string_view value) {
  switch (key.kind) {
    case record_kind::project:
      return read_project(value);
    case record_kind::counters:
      counters_ = storage::decode_record<project_counters>(value);
      return found_.expect(counters_.has_value(), "its counters are malformed");
    case record_kind::activity: {
      const auto bucket = storage::decode_record<activity_bucket>(value);
      const bool fine = bucket && bucket->minute % 60 == key.small;
      return found_.expect(fine, "activity of slot " + std::to_string(key.small) +
                                     (bucket ? " is of another minute" : " is malformed"));
    }
    default:
      return read_type(key, value);
  }
}

void project_recount::read_project(std::string_view value) {
  summary_.stored = true;
  const auto record = storage::decode_record<project>(value);
  if (!record) return found_.add("its project record is malformed");
  summary_.id = record->id;
  summary_.name = record->name;
  found_.expect(record->id.project() == project_ && raw(record->id.seq()) == 0,
                "it has the id of another");
}

void project_recount::read_type(const state_key& key, std::string_view value) {
  counted_type& type = types_[key.type];
  if (key.kind == record_kind::type_tasks) {
    type.tasks = storage::decode_count(value);
    return found_.expect(type.tasks.has_value(),
                         "the task count of " + type_name(key.type) + " is malformed");
  }
  type.stored = true;
  const auto record = storage::decode_record<task_type>(value);
  if (!record) return found_.add(type_name(key.type) + " is malformed");
  type.id = record->id;
  found_.expect(record->id.project() == project_ && record->id.seq() == key.type,
                type_name(key.type) + " has the id of another");
}

void project_recount::read_duplicates_end(const state_key& key, std::string_view value) {
  const auto end = storage::decode_count(value);
  if (end) indexes_.leave_out(key.type, sequence{*end});
  found_.expect(end.has_value(),
                "the end of duplicates of " + type_name(key.type) + " is malformed");
}

void project_recount::read_session(const state_key& key, std::string_view value) {
  const std::string name = "session " + to_hex(key.bytes.substr(0, 4)) + "…";
  const auto record = storage::decode_record<session>(value);
  if (!record) return found_.add(name + " is malformed");
  const std::string_view hash(reinterpret_cast<const char*>(record->token.data()),
                              record->token.size());
  found_.expect(hash == key.bytes, name + " has the token of another");
  found_.expect(!record->agent.empty() && !record->id.empty() && record->incarnation > 0,
                name + " has no agent, id or incarnation");
  found_.expect(record->expires_ms >= record->created_ms, name + " ends before it begins");
}

result<void> project_recount::read_unknown() {
  view_scan& scan = scans_.other;
  const std::string begin(keys_.kind(after(record_kind::duplicates_end)));
  const std::string end = storage::after_prefix(keys_.project_start());
  for (scan.seek(begin, end); scan.valid(); scan.next())
    found_.add("key " + to_hex(scan.key()) + " is of an unknown kind");
  const std::string first(keys_.project_start());
  const std::string known(keys_.kind(record_kind::project));
  for (scan.seek(first, known); scan.valid(); scan.next())
    found_.add("key " + to_hex(scan.key()) + " is of an unknown kind");
  return status_of(scan);
}

// --- tasks ------------------------------------------------------------------------------------

result<void> project_recount::recount_tasks() {
  const auto start = [this](view_scan& scan, record_kind kind) {
    const std::string begin(keys_.kind(kind));
    scan.seek(begin, storage::after_prefix(begin));
  };
  start(scans_.spec, record_kind::spec);
  start(scans_.progress, record_kind::progress);
  start(scans_.attempt, record_kind::attempt);
  start(scans_.lease, record_kind::lease);
  while (const auto task = next_task()) judge(take(*task));
  for (const view_scan* scan : {&scans_.spec, &scans_.progress, &scans_.attempt, &scans_.lease})
    if (auto read = status_of(*scan); !read) return read;
  return {};
}

/// The lowest task that any of the four scans is at.
std::optional<sequence> project_recount::next_task() {
  std::optional<sequence> lowest;
  for (view_scan* scan : {&scans_.spec, &scans_.progress, &scans_.attempt, &scans_.lease}) {
    const auto task = at(*scan);
    if (task && (!lowest || *task < *lowest)) lowest = task;
  }
  return lowest;
}

std::optional<sequence> project_recount::at(view_scan& scan) {
  for (; scan.valid(); scan.next()) {
    if (const auto key = parse_state_key(scan.key())) return key->task;
    found_.add("key " + to_hex(scan.key()) + " is malformed");
  }
  return std::nullopt;
}

project_recount::task_records project_recount::take(sequence task) {
  task_records records;
  records.task = task;
  records.spec_there = take_one(scans_.spec, task, "spec", records.spec);
  records.progress_there = take_one(scans_.progress, task, "progress", records.progress);
  if (records.spec && !records.progress_there)
    records.progress = progress_as_created(*records.spec);  // see storage/created_progress.hpp
  records.lease_there = take_one(scans_.lease, task, "lease", records.lease);
  records.attempts = take_attempts(task);
  return records;
}

template <class Record>
bool project_recount::take_one(view_scan& scan, sequence task, const char* what,
                               std::optional<Record>& into) {
  if (at(scan) != task) return false;
  into = storage::decode_record<Record>(scan.value());
  found_.expect(into.has_value(), name_of(task) + " has a malformed " + what);
  scan.next();
  return true;
}

project_recount::task_attempts project_recount::take_attempts(sequence task) {
  task_attempts attempts;
  for (; at(scans_.attempt) == task; scans_.attempt.next()) {
    ++attempts.count;
    const std::uint64_t number = parse_state_key(scans_.attempt.key())->number;
    if (number != attempts.count) attempts.in_order = false;
    const auto record = storage::decode_record<attempt>(scans_.attempt.value());
    const std::string name = "attempt " + std::to_string(number) + " of " + name_of(task);
    found_.expect(record.has_value(), name + " is malformed");
    if (!record) continue;
    found_.expect(record->number == number, name + " has the number of another");
    found_.expect(
        record->status == attempt_status::failed || record->status == attempt_status::timeout,
        name + " is kept although it did not fail");
  }
  return attempts;
}

void project_recount::judge(const task_records& task) {
  const std::string name = name_of(task.task);
  last_task_ = std::max(last_task_, task.task);
  found_.expect(task.spec_there || !task.progress_there, name + " has progress but no spec");
  const bool exists = task.spec_there || task.progress_there;
  found_.expect(exists || task.attempts.count == 0, name + " is gone but has attempts");
  if (task.spec) judge_spec(task, name);
  if (task.progress) judge_status(task, name);
  if (task.progress) judge_attempts(task, name);
  judge_lease(task, name);
  if (task.spec && task.progress) indexes_.imply(task.task, *task.spec, *task.progress);
}

void project_recount::judge_spec(const task_records& task, const std::string& name) {
  const task_spec& spec = *task.spec;
  found_.expect(spec.id.project() == project_ && spec.id.seq() == task.task,
                name + " has the id of another");
  counted_type& type = types_[spec.type_id.seq()];
  ++type.counted;
  found_.expect(!type.stored || type.id == spec.type_id, name + " is of another type's id");
  found_.expect(spec.batch_id.size() <= name_bytes_max, name + " has too long a batch id");
  const auto by_name = [](const variable& a, const variable& b) { return a.name < b.name; };
  const auto out_of_order = [&](const variable& a, const variable& b) { return !by_name(a, b); };
  found_.expect(std::adjacent_find(spec.variables.begin(), spec.variables.end(), out_of_order) ==
                    spec.variables.end(),
                name + " has variables out of order");
}

void project_recount::judge_status(const task_records& task, const std::string& name) {
  const task_progress& progress = *task.progress;
  found_.expect(progress.assigned_to.size() <= name_bytes_max, name + " has too long an agent");
  const bool assigned = !progress.assigned_to.empty();
  switch (progress.status) {
    case task_status::queued:
      ++summary_.counted.queued;
      return found_.expect(!assigned, name + " is queued but assigned");
    case task_status::running:
      ++summary_.counted.running;
      found_.expect(task.lease_there, name + " runs without a lease");
      break;
    case task_status::completed:
      ++summary_.counted.completed;
      break;
    case task_status::failed:
      ++summary_.counted.failed;
      break;
  }
  found_.expect(assigned, name + " was claimed but is not assigned");
}

/// Every grant is an attempt: the newest is in the progress record unless the task went back.
void project_recount::judge_attempts(const task_records& task, const std::string& name) {
  const task_progress& progress = *task.progress;
  const std::uint64_t grants = progress.lease_epoch;
  const bool newest_is_kept = progress.status == task_status::queued || grants == 0;
  const std::uint64_t expected = newest_is_kept ? grants : grants - 1;
  found_.expect(progress.status == task_status::queued || grants > 0,
                name + " was claimed but never granted");
  found_.expect(task.attempts.count == expected && task.attempts.in_order,
                name + " has " + std::to_string(task.attempts.count) + " attempts kept, " +
                    std::to_string(expected) + " should be");
  found_.expect(progress.retry_count == expected,
                name + " counts " + std::to_string(progress.retry_count) + " retries, " +
                    std::to_string(expected) + " attempts ended with one");
}

void project_recount::judge_lease(const task_records& task, const std::string& name) {
  if (!task.lease_there) return;
  const bool runs = task.progress && task.progress->status == task_status::running;
  if (task.progress || !task.progress_there)
    found_.expect(runs, name + " has a lease but does not run");
  if (!task.lease || !runs) return;
  const lease& held = *task.lease;
  const task_progress& progress = *task.progress;
  found_.expect(held.task == task.task, name + " has the lease of another");
  found_.expect(held.agent == progress.assigned_to, name + " is leased to another agent");
  found_.expect(held.epoch == progress.lease_epoch, name + " has a lease of another epoch");
  found_.expect(held.expires_ms == progress.lease_expires_ms, name + " shows another end");
  found_.expect(leased_agents_.insert(held.agent).second,
                "agent " + held.agent + " holds two leases, one of " + name);
}

// --- what was counted -------------------------------------------------------------------------

void project_recount::compare_types() {
  for (const auto& [number, type] : types_) {
    const std::string name = type_name(number);
    if (!type.stored) {
      found_.add(name + " is not there, but " + std::to_string(type.counted) +
                 " tasks or a count are of it");
      continue;
    }
    if (!type.tasks) {
      found_.add(name + " has no count of tasks");
      continue;
    }
    found_.expect(*type.tasks == type.counted, name + " says " + std::to_string(*type.tasks) +
                                                   " tasks, counted are " +
                                                   std::to_string(type.counted));
  }
}

void project_recount::compare_counters() {
  const bool any = summary_.counted.total() > 0 || !types_.empty();
  if (!counters_) return found_.expect(!any, "it has no counters");
  const project_counters& stored = *counters_;
  const project_counters& counted = summary_.counted;
  const auto compare = [this](const char* what, std::uint64_t a, std::uint64_t b) {
    found_.expect(a == b, miscounted(what, a, b));
  };
  compare("queued", stored.queued, counted.queued);
  compare("running", stored.running, counted.running);
  compare("completed", stored.completed, counted.completed);
  compare("failed", stored.failed, counted.failed);
  found_.expect(!indexes_.first_queued() || *indexes_.first_queued() >= stored.queue_head,
                "a queued place is before the queue's head");
  found_.expect(raw(last_task_) < stored.next_task, "the next task's number is taken");
  const std::uint64_t last_type = types_.empty() ? 0 : raw(types_.rbegin()->first);
  found_.expect(last_type < stored.next_type, "the next type's number is taken");
}

}  // namespace taskdriver::inspect
