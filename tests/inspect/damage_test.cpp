// Every kind of damage to records and indexes, one at a time, and the words that verify finds.
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "domain/fingerprint.hpp"
#include "storage/engine.hpp"
#include "storage/record_codec.hpp"
#include "tests/inspect/small_store.hpp"

namespace taskdriver::inspect::testing {
namespace {

using namespace domain;
using storage::record_kind;

/// Keys of project 7, and the payload that damages it.
struct damaged_store : small_store {
  storage::key_maker keys{home, project_7};
  storage::payload_builder payload;

  damaged_store() { make(); }

  template <class Change>
  void change_progress(std::uint64_t task, Change change) {
    task_progress record = progress_of(task);
    change(record);
    payload.put(keys.task(record_kind::progress, sequence{task}), encoded(record));
  }
  template <class Change>
  void change_lease(Change change) {
    lease record = lease_of_task_3();
    change(record);
    payload.put(keys.task(record_kind::lease, sequence{3}), encoded(record));
  }
  template <class Change>
  void change_counters(Change change) {
    project_counters record = counters_of_project_7();
    change(record);
    payload.put(keys.kind(record_kind::counters), encoded(record));
  }
  void expect(const std::string& words) { expect_in(home, "project 7 (seven): " + words); }
  void expect_in(shard_id shard, const std::string& words) {
    write_entry(shard, payload.take());
    const std::string lines = lines_of(check());
    BOOST_TEST((lines.find(words) != std::string::npos), "no \"" << words << "\" in:\n" << lines);
  }
  /// The group of the queue that tasks 0 to 255 would be in.
  void store_group(const std::string& value) {
    const auto store = open();
    const auto& internals = store->internals();
    const auto key = storage::group_of(keys.queue({128, sequence{1}}));
    BOOST_REQUIRE(internals.db().Put({}, internals.state, key, value).ok());
  }
  fingerprint print_of(std::uint64_t task) {
    const task_spec spec = spec_of(task);
    return fingerprint_of(spec.variables, spec.instructions);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(indexes_that_differ, damaged_store)

BOOST_AUTO_TEST_CASE(a_queued_task_without_its_place) {
  payload.erase(keys.queue({128, sequence{1}}));
  expect("the queue lacks task 1");
}
BOOST_AUTO_TEST_CASE(a_place_of_a_completed_task) {
  payload.put(keys.queue({128, sequence{4}}), storage::index_value);
  expect("the queue has task 4, which is not so");
}
BOOST_AUTO_TEST_CASE(a_place_with_another_value) {
  payload.put(keys.queue({128, sequence{1}}), "\x02");
  expect("the queue has a malformed value");
}
BOOST_AUTO_TEST_CASE(a_group_of_places_that_cannot_be_read) {
  store_group("\x01\x02\x01");
  expect("the queue has a malformed key");
}
BOOST_AUTO_TEST_CASE(a_place_that_is_there_twice) {
  store_group("\x01\x01");
  expect("the queue has task 1 twice");
}
BOOST_AUTO_TEST_CASE(two_entries_swapped_so_that_their_number_is_right) {
  payload.erase(keys.queue({128, sequence{1}}));
  payload.put(keys.queue({128, sequence{3}}), storage::index_value);
  expect("the queue differs from the tasks: it has 2 entries, they imply 2");
}
BOOST_AUTO_TEST_CASE(a_completed_task_that_is_not_under_completed) {
  payload.erase(keys.finished(task_status::completed, sequence{4}));
  expect("index by_finished lacks task 4 under completed");
}
BOOST_AUTO_TEST_CASE(a_task_under_another_batch) {
  payload.put(keys.named(record_kind::by_batch, "other", sequence{1}), storage::index_value);
  expect("index by_batch has task 1 under other, which is not so");
}
BOOST_AUTO_TEST_CASE(a_running_task_that_is_not_under_its_agent) {
  payload.erase(keys.named(record_kind::by_agent, "a1", sequence{3}));
  expect("index by_agent lacks task 3 under a1");
}
BOOST_AUTO_TEST_CASE(a_task_under_another_type) {
  payload.put(keys.of_type(sequence{2}, sequence{1}), storage::index_value);
  expect("index by_type has task 1 under type 2, which is not so");
}
BOOST_AUTO_TEST_CASE(a_task_before_the_end_of_duplicates_alone) {
  std::string three;
  storage::encode_count(three, 3);
  payload.put(keys.type(record_kind::duplicates_end, sequence{1}), three);
  payload.erase(keys.duplicate(sequence{1}, print_of(1), sequence{1}));
  payload.erase(keys.duplicate(sequence{1}, print_of(3), sequence{3}));
  expect(
      "index duplicate differs from the tasks: it has 1 entries, they imply 2\n"
      "shard 3, project 7 (seven): index duplicate lacks task 1 under type 1");
}
BOOST_AUTO_TEST_CASE(a_task_that_is_not_found_as_a_duplicate) {
  payload.erase(keys.duplicate(sequence{1}, print_of(1), sequence{1}));
  expect("index duplicate lacks task 1 under type 1");
}
BOOST_AUTO_TEST_CASE(an_entry_for_a_task_that_is_gone) {
  payload.put(keys.of_type(sequence{1}, sequence{77}), storage::index_value);
  expect("index by_type has task 77 under type 1, which is not so");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_FIXTURE_TEST_SUITE(counts_that_differ, damaged_store)

BOOST_AUTO_TEST_CASE(queued_tasks) {
  change_counters([](auto& c) { c.queued = 9; });
  expect("counters say 9 queued tasks, counted are 2");
}
BOOST_AUTO_TEST_CASE(failed_tasks) {
  change_counters([](auto& c) { c.failed = 0; });
  expect("counters say 0 failed tasks, counted are 1");
}
BOOST_AUTO_TEST_CASE(no_counters_at_all) {
  payload.erase(keys.kind(record_kind::counters));
  expect("it has no counters");
}
BOOST_AUTO_TEST_CASE(a_task_number_that_would_be_given_again) {
  change_counters([](auto& c) { c.next_task = 5; });
  expect("the next task's number is taken");
}
BOOST_AUTO_TEST_CASE(a_type_number_that_would_be_given_again) {
  change_counters([](auto& c) { c.next_type = 2; });
  expect("the next type's number is taken");
}
BOOST_AUTO_TEST_CASE(a_head_behind_a_queued_task) {
  change_counters([](auto& c) { c.queue_head.task = sequence{2}; });
  expect("a queued place is before the queue's head");
}
BOOST_AUTO_TEST_CASE(tasks_of_a_type) {
  std::string nine;
  storage::encode_count(nine, 9);
  payload.put(keys.type(record_kind::type_tasks, sequence{1}), nine);
  expect("type 1 says 9 tasks, counted are 5");
}
BOOST_AUTO_TEST_CASE(a_type_without_a_count) {
  payload.erase(keys.type(record_kind::type_tasks, sequence{2}));
  expect("type 2 has no count of tasks");
}
BOOST_AUTO_TEST_CASE(retries) {
  change_progress(2, [](auto& p) { p.retry_count = 3; });
  expect("task 2 counts 3 retries, 1 attempts ended with one");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_FIXTURE_TEST_SUITE(records_that_contradict_each_other, damaged_store)

BOOST_AUTO_TEST_CASE(a_type_that_is_gone) {
  payload.erase(keys.type(record_kind::type, sequence{1}));
  expect("type 1 is not there, but 5 tasks or a count are of it");
}
BOOST_AUTO_TEST_CASE(a_task_without_its_spec) {
  payload.erase(keys.task(record_kind::spec, sequence{4}));
  expect("task 4 has progress but no spec");
}
BOOST_AUTO_TEST_CASE(a_task_without_its_progress) {
  payload.erase(keys.task(record_kind::progress, sequence{5}));
  expect("the queue lacks task 5");  // since without it the task is as it was created
}
BOOST_AUTO_TEST_CASE(a_task_that_lacks_an_attempt) {
  payload.erase(keys.attempt(sequence{2}, 1));
  expect("task 2 has 0 attempts kept, 1 should be");
}
BOOST_AUTO_TEST_CASE(an_attempt_of_no_task) {
  payload.put(keys.attempt(sequence{9}, 1),
              encoded(attempt{1, "a1", t0, t0, attempt_status::timeout, ""}));
  expect("task 9 is gone but has attempts");
}
BOOST_AUTO_TEST_CASE(an_attempt_with_another_number) {
  payload.put(keys.attempt(sequence{2}, 1),
              encoded(attempt{8, "a1", t0, t0, attempt_status::timeout, ""}));
  expect("attempt 1 of task 2 has the number of another");
}
BOOST_AUTO_TEST_CASE(a_running_task_without_a_lease) {
  payload.erase(keys.task(record_kind::lease, sequence{3}));
  expect("task 3 runs without a lease");
}
BOOST_AUTO_TEST_CASE(a_lease_of_a_queued_task) {
  lease held = lease_of_task_3();
  held.task = sequence{1};
  payload.put(keys.task(record_kind::lease, sequence{1}), encoded(held));
  expect("task 1 has a lease but does not run");
}
BOOST_AUTO_TEST_CASE(a_lease_of_no_task) {
  payload.put(keys.task(record_kind::lease, sequence{70}), encoded(lease_of_task_3()));
  expect("task 70 has a lease but does not run");
}
BOOST_AUTO_TEST_CASE(a_lease_of_another_agent) {
  change_lease([](auto& l) { l.agent = "a9"; });
  expect("task 3 is leased to another agent");
}
BOOST_AUTO_TEST_CASE(a_lease_of_another_epoch) {
  change_lease([](auto& l) { l.epoch = 2; });
  expect("task 3 has a lease of another epoch");
}
BOOST_AUTO_TEST_CASE(a_lease_with_another_end) {
  change_lease([](auto& l) { l.expires_ms += 1; });
  expect("task 3 shows another end");
}
BOOST_AUTO_TEST_CASE(two_leases_of_one_agent) {
  change_progress(1, [](auto& p) {
    p.status = task_status::running;
    p.lease_epoch = 1;
    p.assigned_to = "a1";
    p.lease_expires_ms = t0 + 600000;
  });
  lease held = lease_of_task_3();
  held.task = sequence{1};
  payload.put(keys.task(record_kind::lease, sequence{1}), encoded(held));
  expect("agent a1 holds two leases, one of task 3");
}
BOOST_AUTO_TEST_CASE(a_queued_task_that_is_assigned) {
  change_progress(1, [](auto& p) { p.assigned_to = "a1"; });
  expect("task 1 is queued but assigned");
}
BOOST_AUTO_TEST_CASE(a_task_with_the_id_of_another) {
  payload.put(keys.task(record_kind::spec, sequence{1}), encoded(spec_of(2)));
  expect("task 1 has the id of another");
}
BOOST_AUTO_TEST_CASE(a_task_with_the_id_of_another_type_of_the_same_number) {
  task_spec spec = spec_of(1);
  spec.type_id = object_id::make(project_7, sequence{1}, 999);
  payload.put(keys.task(record_kind::spec, sequence{1}), encoded(spec));
  expect("task 1 is of another type's id");
}
BOOST_AUTO_TEST_CASE(a_session_with_the_token_of_another) {
  session s;
  s.id = "session-2";
  s.agent = "a1";
  token_hash hash;
  hash.fill(1);
  payload.put(keys.session(hash), encoded(s));
  expect("session 01010101… has the token of another");
}
BOOST_AUTO_TEST_CASE(activity_in_the_slot_of_another_minute) {
  payload.put(keys.activity(3), encoded(activity_bucket{28401724, 1, 0, 5}));
  expect("activity of slot 3 is of another minute");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_FIXTURE_TEST_SUITE(what_is_malformed_or_out_of_place, damaged_store)

BOOST_AUTO_TEST_CASE(a_spec_of_an_unknown_version) {
  payload.put(keys.task(record_kind::spec, sequence{1}), "\x02 from the future");
  expect("task 1 has a malformed spec");
}
BOOST_AUTO_TEST_CASE(a_session) {
  token_hash hash;
  hash.fill(1);
  payload.put(keys.session(hash), "");
  expect("session 01010101… is malformed");
}
BOOST_AUTO_TEST_CASE(a_kind_that_nobody_knows) {
  payload.put(std::string(keys.project_start()) + '\x14', "x");
  expect_in(home, "key 00030000000714 is of an unknown kind");
}
BOOST_AUTO_TEST_CASE(a_key_that_is_too_long) {
  payload.put(std::string(keys.task(record_kind::progress, sequence{1})) + "x", "x");
  expect_in(home, "key 0003000000070700000000000178 is malformed");
}
BOOST_AUTO_TEST_CASE(a_project_without_its_record) {
  payload.erase(keys.kind(record_kind::project));
  expect_in(home, "project 7: has records, but none that says what project it is");
}
BOOST_AUTO_TEST_CASE(a_project_in_the_shard_of_another) {
  const shard_id other{static_cast<std::uint16_t>((raw(home) + 1) % shard_count)};
  storage::key_maker there(other, project_7);
  project p;
  p.id = object_id::make(project_7, sequence{0}, 7);
  p.name = "seven";
  payload.put(there.kind(record_kind::project), encoded(p));
  expect_in(other, "project 7 (seven): belongs into shard " + std::to_string(raw(home)));
}
BOOST_AUTO_TEST_CASE(more_than_is_shown) {
  for (std::uint64_t n = 100; n < 200; ++n)
    payload.put(keys.task(record_kind::progress, sequence{n}), encoded(task_progress{}));
  write_entry(home, payload.take());
  const auto report = check();
  BOOST_TEST(report.found.size() <= finding_list::lines_max + 2);
  BOOST_TEST((lines_of(report).find(" more, not shown") != std::string::npos));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_FIXTURE_TEST_SUITE(the_directory_of_projects, damaged_store)

namespace {

directory_entry entry_of(std::uint32_t number, const std::string& name) {
  directory_entry entry;
  entry.id = object_id::make(project_number{number}, sequence{0}, 7);
  entry.name = name;
  entry.state = directory_state::active;
  return entry;
}

}  // namespace

BOOST_AUTO_TEST_CASE(lacks_a_project) {
  write_changes(project_number{0}, {delete_directory_entry{project_7}});
  BOOST_TEST(lines_of(check()) == "directory: project 7 (seven) is not in the directory\n");
}
BOOST_AUTO_TEST_CASE(has_a_project_that_is_not_there) {
  write_changes(project_number{0}, {put_directory_entry{entry_of(3, "ghost")}});
  BOOST_TEST(lines_of(check()) == "directory: project 3 (ghost) is not there\n");
}
BOOST_AUTO_TEST_CASE(may_have_one_whose_creation_is_under_way) {
  directory_entry begun = entry_of(3, "begun");
  begun.state = directory_state::creating;
  write_changes(project_number{0}, {put_directory_entry{begun}});
  BOOST_TEST(lines_of(check()) == "");
}
BOOST_AUTO_TEST_CASE(has_another_name) {
  write_changes(project_number{0}, {put_directory_entry{entry_of(7, "ocho")}});
  BOOST_TEST(lines_of(check()) ==
             "directory: project 7 (ocho) has another id or name in its own record\n");
}
BOOST_AUTO_TEST_CASE(would_give_a_number_again) {
  write_changes(project_number{0}, {put_next_project{7}});
  BOOST_TEST(lines_of(check()) ==
             "directory: project 7 (seven) has a number that will be given again\n");
}
BOOST_AUTO_TEST_CASE(is_not_held_against_the_shards_of_a_clusters_node_unless_told) {
  write_changes(project_number{0}, {delete_directory_entry{project_7}});
  std::ofstream(data_dir() + "/CLUSTER") << "taskdriver-member 1\n";
  const auto report = check();
  BOOST_TEST(lines_of(report) == "");
  BOOST_TEST(!report.directory_checked);
  BOOST_TEST(report.notes.size() == 1u);
  BOOST_TEST(lines_of(check({.single = true})) != "");
}

BOOST_AUTO_TEST_CASE(is_not_held_against_the_shards_of_a_copy_of_a_clusters_node) {
  write_changes(project_number{0}, {delete_directory_entry{project_7}});
  std::ofstream(data_dir() + "/CLUSTER.was") << "taskdriver-member 1\n";
  BOOST_TEST(lines_of(check()) == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::inspect::testing
