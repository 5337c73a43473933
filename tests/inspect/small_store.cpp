// The project of the inspection's tests, record by record.
#include "tests/inspect/small_store.hpp"

#include <boost/test/unit_test.hpp>

#include "domain/fingerprint.hpp"
#include "domain/task_moves.hpp"
#include "storage/changes_codec.hpp"
#include "storage/record_codec.hpp"

namespace taskdriver::inspect::testing {

using namespace domain;

namespace {

constexpr std::uint64_t tasks = 5;

object_id id_of(std::uint64_t seq) {
  return object_id::make(project_7, sequence{seq}, seq);
}

task_type type_of(std::uint64_t number) {
  task_type type;
  type.id = id_of(number);
  type.name = "type-" + std::to_string(number);
  return type;
}

void add_task(changes& to, std::uint64_t number) {
  const sequence task{number}, type{1};
  const task_spec spec = spec_of(number);
  const task_progress progress = progress_of(number);
  to.push_back(put_spec{std::make_shared<const task_spec>(spec)});
  to.push_back(put_progress{task, std::make_shared<const task_progress>(progress)});
  to.push_back(index_type{type, task});
  if (!spec.batch_id.empty()) to.push_back(index_batch{spec.batch_id, task});
  if (!progress.assigned_to.empty()) to.push_back(index_agent{progress.assigned_to, task});
  if (progress.status != task_status::failed)
    to.push_back(index_duplicate{type, fingerprint_of(spec.variables, spec.instructions), task});
  if (progress.status == task_status::queued) to.push_back(index_queued{place_of(task)});
  if (progress.completed_ms != 0 || progress.failed_ms != 0)
    to.push_back(index_finished{progress.status, task});
  if (progress.retry_count > 0)
    to.push_back(put_attempt{task, {1, "a1", t0, t0 + 5, attempt_status::failed, "no"}});
}

session session_of_a1() {
  session s;
  s.token.fill(0x5e);
  s.id = "session-1";
  s.agent = "a1";
  s.created_ms = t0;
  s.expires_ms = t0 + 28800000;
  return s;
}

}  // namespace

task_spec spec_of(std::uint64_t task) {
  task_spec spec;
  spec.id = id_of(task);
  spec.type_id = id_of(1);
  spec.instructions = "do " + std::to_string(task);
  if (task == 1) spec.batch_id = "b1";
  spec.max_retries = 1;
  spec.created_ms = t0;
  return spec;
}

task_progress progress_of(std::uint64_t task) {
  task_progress p;
  p.updated_ms = t0;
  if (task == 2 || task == 5) p.retry_count = 1;
  p.lease_epoch = task == 1 ? 0 : task == 5 ? 2 : 1;
  if (task <= 2) return p;
  p.assigned_to = task == 5 ? "a2" : "a1";
  p.assigned_ms = t0;
  p.status = task == 3   ? task_status::running
             : task == 4 ? task_status::completed
                         : task_status::failed;
  if (task == 3) p.lease_expires_ms = t0 + 600000;
  if (task == 4) p.completed_ms = t0 + 9;
  if (task == 5) p.failed_ms = t0 + 9;
  return p;
}

lease lease_of_task_3() {
  lease held;
  held.task = sequence{3};
  held.agent = "a1";
  held.epoch = 1;
  held.duration_ms = 600000;
  held.granted_ms = t0;
  held.expires_ms = t0 + 600000;
  return held;
}

project_counters counters_of_project_7() {
  return {2, 1, 1, 1, tasks + 1, 3, {128, sequence{1}}};
}

changes changes_of_project_7() {
  project p;
  p.id = object_id::make(project_7, sequence{0}, 7);
  p.name = "seven";
  changes all{put_project{p},
              put_counters{counters_of_project_7()},
              put_activity{{28401720, 1, 1, 9}},
              put_type{type_of(1)},
              put_type_tasks{sequence{1}, tasks},
              put_type{type_of(2)},
              put_type_tasks{sequence{2}, 0}};
  for (std::uint64_t task = 1; task <= tasks; ++task) add_task(all, task);
  all.push_back(put_lease{lease_of_task_3()});
  all.push_back(put_session{session_of_a1()});
  return all;
}

changes changes_of_directory() {
  directory_entry entry;
  entry.id = object_id::make(project_7, sequence{0}, 7);
  entry.name = "seven";
  entry.state = directory_state::active;
  return {put_directory_entry{entry}, put_next_project{8}};
}

void small_store::make(kept_in where) {
  write_changes(project_number{0}, changes_of_directory(), where);
  write_changes(project_7, changes_of_project_7(), where);
}

void small_store::write_changes(project_number project, const changes& what, kept_in where) {
  write_entry(storage::home_shard(project, shard_count),
              storage::encode_changes(what, project, shard_count), where);
}

void small_store::write_entry(shard_id shard, const std::string& payload, kept_in where) {
  storage::store_options with = options();
  with.replay = false;
  auto store = open(with);
  storage::testing::recording_observer observer(where == kept_in::state ? store.get() : nullptr);
  write(*store, observer, {{shard, epoch, ++last_[raw(shard)], payload}});
  BOOST_REQUIRE(observer.durable_entries().size() == 1u);
}

directory_report small_store::check(const check_options& options) const {
  auto opened = data_directory::open(data_dir());
  BOOST_REQUIRE_MESSAGE(opened.ok(), (opened ? "" : opened.error().text));
  return check_directory(*opened, options);
}

template <class Record>
std::string encoded(const Record& record) {
  std::string value;
  storage::encode_record(value, record);
  return value;
}
template std::string encoded(const project_counters&);
template std::string encoded(const task_spec&);
template std::string encoded(const task_progress&);
template std::string encoded(const task_type&);
template std::string encoded(const lease&);
template std::string encoded(const attempt&);
template std::string encoded(const session&);
template std::string encoded(const activity_bucket&);
template std::string encoded(const project&);
template std::string encoded(const directory_entry&);

std::string lines_of(const directory_report& report) {
  std::string lines;
  for (const finding& each : report.found) lines += each.where + ": " + each.what + "\n";
  return lines;
}

}  // namespace taskdriver::inspect::testing
