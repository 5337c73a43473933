// Entries applied in one batch leave what they would leave one by one, whatever is left out. The
// seed is fixed.
#include <array>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <set>

#include "storage/changes_codec.hpp"
#include "storage/checkpoint_scan.hpp"
#include "storage/created_progress.hpp"
#include "storage/key_codec.hpp"
#include "storage/record_codec.hpp"
#include "storage/record_reader.hpp"
#include "tests/domain/random_history.hpp"
#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {
namespace {

constexpr std::uint16_t shard = 3;

log_entry entry_of(std::uint64_t index, payload_builder&& payload) {
  return {shard_id{shard}, 1, index, payload.take()};
}

std::string name_of(unsigned number) {
  return {"abcdefghijklmnop"[number % 16], "abcdefghijklmnop"[number / 16 % 16]};
}

/// What the operations do, done one by one.
class model {
public:
  void put(const std::string& name, const std::string& value) { values_[name] = value; }
  void erase(const std::string& name) { values_.erase(name); }
  void erase_range(const std::string& begin, const std::string& end) {
    values_.erase(values_.lower_bound(begin), values_.lower_bound(end));
  }
  std::string get(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? "<none>" : found->second;
  }

private:
  std::map<std::string, std::string> values_;
};

/// Adds a random operation to the payload and does it to the model.
void add_operation(std::mt19937& random, payload_builder& payload, model& expected) {
  const std::string name = name_of(random());
  switch (random() % 8) {
    case 0: {
      const auto last = std::max(name, name_of(random())) + "z";
      payload.erase_range(test_key(shard, name), test_key(shard, last));
      return expected.erase_range(name, last);
    }
    case 1:
    case 2:
      payload.erase(test_key(shard, name));
      return expected.erase(name);
    default:
      const auto value = std::to_string(random());
      payload.put(test_key(shard, name), value);
      return expected.put(name, value);
  }
}

/// All records of a shard, as a checkpoint tells them.
std::vector<std::pair<std::string, std::string>> records_of(node_store& store, shard_id shard) {
  std::vector<std::pair<std::string, std::string>> all;
  for (checkpoint_scan scan(store.internals(), nullptr, shard); scan.valid(); scan.next())
    all.emplace_back(scan.key(), scan.value());
  return all;
}

/// Deletions that the memtable of the state holds.
std::uint64_t tombstones_of(node_store& store) {
  std::uint64_t count = 0;
  auto& internals = store.internals();
  BOOST_REQUIRE(internals.db().GetIntProperty(
      internals.state, rocksdb::DB::Properties::kNumDeletesActiveMemTable, &count));
  return count;
}

const domain::task_index all_indexes[] = {domain::by_creation{},
                                          domain::by_queue{},
                                          domain::by_type{sequence{1}},
                                          domain::by_type{sequence{2}},
                                          domain::by_finished{domain::task_status::completed},
                                          domain::by_finished{domain::task_status::failed}};

/// One task of project 1, moved by changes that the domain would make.
struct one_task : store_fixture {
  static constexpr sequence task{7};
  std::unique_ptr<node_store> store = open();
  record_reader records{*store};
  std::uint64_t index = 0;

  static domain::task_spec spec(std::int64_t created_ms = 1'700'000'000'000) {
    return {.id = object_id::make(project_number{1}, task, 9),
            .type_id = object_id::make(project_number{1}, sequence{1}, 9),
            .instructions = "do it",
            .max_retries = 3,
            .created_ms = created_ms};
  }
  static domain::changes creation(const domain::task_spec& of = spec()) {
    return {domain::put_spec{std::make_shared<const domain::task_spec>(of)},
            progress({.updated_ms = of.created_ms}), domain::index_type{sequence{1}, task, true}};
  }
  static domain::put_progress progress(domain::task_progress what) {
    return {task, std::make_shared<const domain::task_progress>(std::move(what))};
  }
  /// All in one batch.
  void apply(const std::vector<domain::changes>& all) {
    std::vector<log_entry> batch;
    for (const auto& what : all)
      batch.push_back({shard_of(project_number{1}, store->shard_count()), 1, ++index,
                       encode_changes(what, project_number{1}, store->shard_count())});
    BOOST_REQUIRE(store->apply(batch).ok());
  }
  bool has_record() const {
    key_maker keys(shard_of(project_number{1}, store->shard_count()), project_number{1});
    std::string value;
    const auto& internals = store->internals();
    return internals.db()
        .Get({}, internals.state, keys.task(record_kind::progress, task), &value)
        .ok();
  }
  domain::task_progress read() const {
    const auto alone = records.load_progress(project_number{1}, task);
    const auto tasks = records.load_tasks(project_number{1}, std::array{task}, 1000);
    BOOST_REQUIRE(alone);
    BOOST_REQUIRE(tasks.size() == 1u);
    BOOST_TEST((*tasks.front().progress == *alone));
    return *alone;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(applying, store_fixture)

BOOST_AUTO_TEST_CASE(the_last_operation_on_a_key_counts) {
  auto store = open();
  payload_builder first, second;
  first.put(test_key(shard, "both"), "1");
  first.put(test_key(shard, "erased"), "1");
  second.erase(test_key(shard, "erased"));
  second.put(test_key(shard, "both"), "2");
  const std::vector<log_entry> entries = {entry_of(1, std::move(first)),
                                          entry_of(2, std::move(second))};
  BOOST_REQUIRE(store->apply(entries).ok());
  BOOST_TEST(get(*store, shard, "both") == "2");
  BOOST_TEST(get(*store, shard, "erased") == "<none>");
  BOOST_TEST(store->applied(shard_id{shard}) == 2u);
}

BOOST_AUTO_TEST_CASE(a_range_takes_what_stood_before_it_and_leaves_what_comes_after) {
  auto store = open();
  payload_builder payload;
  payload.put(test_key(shard, "a"), "before");
  payload.put(test_key(shard, "b"), "before");
  payload.erase_range(test_key(shard, "a"), test_key(shard, "z"));
  payload.put(test_key(shard, "b"), "after");
  const std::vector<log_entry> entries = {entry_of(1, std::move(payload))};
  BOOST_REQUIRE(store->apply(entries).ok());
  BOOST_TEST(get(*store, shard, "a") == "<none>");
  BOOST_TEST(get(*store, shard, "b") == "after");
}

BOOST_AUTO_TEST_CASE(random_batches_leave_what_single_operations_would) {
  constexpr unsigned seed = 20261125;
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  auto store = open();
  model expected;
  std::uint64_t index = 0;
  for (int batch = 0; batch < 60; ++batch) {
    std::vector<log_entry> entries;
    for (unsigned n = 1 + random() % 4; n > 0; --n) {
      payload_builder payload;
      for (unsigned operations = 1 + random() % 12; operations > 0; --operations)
        add_operation(random, payload, expected);
      entries.push_back(entry_of(++index, std::move(payload)));
    }
    BOOST_REQUIRE(store->apply(entries).ok());
    for (unsigned n = 0; n < 256; ++n)
      BOOST_REQUIRE_EQUAL(get(*store, shard, name_of(n)), expected.get(name_of(n)));
  }
}

BOOST_AUTO_TEST_CASE(a_project_s_life_in_batches_leaves_what_single_entries_leave) {
  auto one_by_one = open();
  one_by_one->internals().format.version = 1;  // every record and entry as the log has it
  auto other = options();
  other.data_dir += "-2";
  auto in_batches = open(other);
  const auto shard_of_project = shard_of(domain::random_history::number, one_by_one->shard_count());
  const record_reader reader(*in_batches);
  std::uint64_t index = 0;
  std::vector<log_entry> gathered;
  domain::random_history life(
      {.seed = 20261128, .on_commit = [&](const domain::changes& what) {
         gathered.push_back(
             {shard_of_project, 1, ++index,
              encode_changes(what, domain::random_history::number, one_by_one->shard_count())});
         BOOST_REQUIRE(one_by_one->apply(std::span(&gathered.back(), 1)).ok());
       }});
  for (int batch = 0; batch < 100; ++batch) {
    for (int step = 0; step <= batch; ++step) BOOST_REQUIRE_EQUAL(life.step(), "");
    BOOST_REQUIRE(in_batches->apply(gathered).ok());
    gathered.clear();
    BOOST_REQUIRE(
        (records_of(*in_batches, shard_of_project) == records_of(*one_by_one, shard_of_project)));
    for (const auto& [task, progress] : life.store().records(life.number).progress)
      BOOST_REQUIRE((*reader.load_progress(life.number, task) == progress));
    for (const domain::task_index& index : all_indexes)
      BOOST_REQUIRE((reader.scan_tasks(life.number, index, sequence{0}, 10'000) ==
                     life.store().scan_tasks(life.number, index, sequence{0}, 10'000)));
  }
  BOOST_TEST(life.counts().completions > 50u);
}

BOOST_AUTO_TEST_CASE(a_task_that_is_created_and_claimed_in_one_batch_leaves_no_tombstone) {
  auto store = open();
  const auto shard_of_project = shard_of(project_number{1}, store->shard_count());
  const auto entry_that_does = [&](std::uint64_t index, const domain::changes& what) {
    return log_entry{shard_of_project, 1, index,
                     encode_changes(what, project_number{1}, store->shard_count())};
  };
  const sequence old_task{7}, new_task{8};
  const std::vector<log_entry> before = {entry_that_does(
      1, {domain::index_type{sequence{1}, old_task}, domain::index_queued{{128, old_task}}})};
  BOOST_REQUIRE(store->apply(before).ok());
  BOOST_TEST(tombstones_of(*store) == 0u);
  const std::vector<log_entry> batch = {
      entry_that_does(
          2, {domain::index_type{sequence{1}, new_task}, domain::index_queued{{128, new_task}}}),
      entry_that_does(3, {domain::index_queued{{128, old_task}, false},
                          domain::index_queued{{128, new_task}, false}})};
  BOOST_REQUIRE(store->apply(batch).ok());
  BOOST_TEST(tombstones_of(*store) == 1u);
  BOOST_TEST(records_of(*store, shard_of_project).size() == 2u);  // the entries by type
}

BOOST_AUTO_TEST_CASE(a_queued_task_that_runs_and_ends_in_one_batch_leaves_one_tombstone) {
  auto store = open();
  const auto shard_of_project = shard_of(project_number{1}, store->shard_count());
  std::uint64_t index = 0;
  const auto entry_that_does = [&](const domain::changes& what) {
    return log_entry{shard_of_project, 1, ++index,
                     encode_changes(what, project_number{1}, store->shard_count())};
  };
  const sequence queued{7}, running{8};
  const auto runs = [](sequence task) {
    return domain::changes{domain::put_lease{{.task = task, .agent = "a"}},
                           domain::index_queued{{128, task}, false},
                           domain::index_agent{"a", task, true}};
  };
  const auto goes_back = [](sequence task) {
    return domain::changes{domain::delete_lease{task}, domain::index_agent{"a", task, false},
                           domain::index_queued{{128, task}, true}};
  };
  const std::vector<log_entry> before = {
      entry_that_does({domain::index_queued{{128, queued}}}),
      entry_that_does({domain::put_lease{{.task = running, .agent = "a"}},
                       domain::index_agent{"a", running, true}})};
  BOOST_REQUIRE(store->apply(before).ok());
  const std::vector<log_entry> batch = {
      entry_that_does(goes_back(running)), entry_that_does(runs(running)),
      entry_that_does(goes_back(running)), entry_that_does(runs(queued)),
      entry_that_does({domain::delete_lease{queued}, domain::index_agent{"a", queued, false}})};
  BOOST_REQUIRE(store->apply(batch).ok());
  // The queued one's place, the running one's lease and agent.
  BOOST_TEST(tombstones_of(*store) == 3u);
  const auto left = records_of(*store, shard_of_project);
  BOOST_REQUIRE(left.size() == 1u);
  BOOST_TEST((queue_place(left.front().first) == domain::queue_key{128, running}));
}

BOOST_AUTO_TEST_CASE(tables_end_where_a_kind_of_records_ends) {
  const auto store = open();
  auto& internals = store->internals();
  key_maker keys(shard_id{shard}, project_number{1});
  std::mt19937 random(20261204);
  std::string value(300, ' ');
  for (const auto kind : {record_kind::counters, record_kind::spec, record_kind::progress})
    for (std::uint64_t task = 1; task <= 15'000; ++task) {
      for (char& c : value) c = static_cast<char>(random());
      BOOST_REQUIRE(
          internals.db().Put({}, internals.state, keys.task(kind, sequence{task}), value).ok());
    }
  rocksdb::CompactRangeOptions whole;
  whole.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  BOOST_REQUIRE(internals.db().CompactRange(whole, internals.state, nullptr, nullptr).ok());
  std::vector<rocksdb::LiveFileMetaData> tables;
  internals.db().GetLiveFilesMetaData(&tables);
  std::set<record_kind> kinds;
  for (const auto& table : tables) {
    if (table.column_family_name != "state") continue;
    kinds.insert(kind_of(table.smallestkey));
    BOOST_TEST((kind_of(table.smallestkey) == kind_of(table.largestkey)));
  }
  kinds.erase(record_kind::applied);  // what keeps the memtable from being empty
  BOOST_TEST(kinds.size() == 3u);
}

BOOST_AUTO_TEST_CASE(flushes_are_counted_until_they_are_compacted) {
  const auto store = open();
  BOOST_TEST(store->sizes().unmerged_files == 0u);
  recording_observer observer(store.get());
  for (std::uint64_t index = 1; index <= 2; ++index) {
    write(*store, observer, {put_entry(0, index, "a", "1")});
    store->maintain(true);
  }
  BOOST_TEST(store->sizes().unmerged_files == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_progress_of_a_task, one_task)

BOOST_AUTO_TEST_CASE(as_it_was_created_is_no_record_and_read_all_the_same) {
  apply({creation()});
  BOOST_TEST(!has_record());
  BOOST_TEST((read() == domain::progress_as_created(spec())));
}

BOOST_AUTO_TEST_CASE(that_changes_after_the_creation_is_a_record) {
  apply({creation()});
  const domain::task_progress running{
      .status = domain::task_status::running, .lease_epoch = 1, .assigned_to = "a"};
  apply({{progress(running)}});
  BOOST_TEST(has_record());
  BOOST_TEST((read() == running));
  const domain::task_progress retried{.retry_count = 1, .lease_epoch = 1, .updated_ms = 5};
  apply({{progress(retried)}});
  BOOST_TEST((read() == retried));
  // As the first one, which never was in the state: the record there has to go.
  apply({{progress(domain::progress_as_created(spec()))}});
  BOOST_TEST((read() == domain::progress_as_created(spec())));
}

BOOST_AUTO_TEST_CASE(that_changes_in_the_batch_of_its_creation_is_a_record) {
  const domain::task_progress changed{.updated_ms = spec().created_ms + 1};
  apply({creation(), {progress(changed)}});
  BOOST_TEST(has_record());
  BOOST_TEST((read() == changed));
}

BOOST_AUTO_TEST_CASE(is_gone_with_the_task) {
  apply({creation()});
  apply({{domain::delete_task{task}, domain::index_type{sequence{1}, task, false}}});
  BOOST_TEST(!records.load_progress(project_number{1}, task));
  BOOST_TEST(records.load_tasks(project_number{1}, std::array{task}, 1000).empty());
}

BOOST_AUTO_TEST_CASE(is_known_by_the_time_of_creation_whatever_that_is) {
  for (const std::int64_t time : {0L, 1L, 63L, 64L, 8191L, 8192L, 1'700'000'000'000L, -1L, -65L}) {
    const auto created = spec(time);
    std::string progress_value, spec_value, other_value;
    encode_record(spec_value, created);
    encode_record(progress_value, domain::progress_as_created(created));
    BOOST_TEST(says_no_more(progress_value, spec_value), "created at " << time);
    for (const std::int64_t other : {0L, 1L, 63L, 64L, 127L, 128L, 8191L, 8192L}) {
      if (other == time) continue;
      other_value.clear();
      encode_record(other_value, domain::task_progress{.updated_ms = other});
      BOOST_TEST(!says_no_more(other_value, spec_value), other << " is not " << time);
    }
  }
  BOOST_TEST(!says_no_more("", ""));
  BOOST_TEST(!says_no_more("\x01", "\x01"));
}

BOOST_AUTO_TEST_CASE(is_told_by_a_checkpoint_of_neighbours_that_have_nothing_but_specs) {
  std::vector<project_number> neighbours;
  const auto home = shard_of(project_number{1}, store->shard_count());
  for (std::uint32_t n = 1; neighbours.size() < 3; ++n)
    if (shard_of(project_number{n}, store->shard_count()) == home)
      neighbours.push_back(project_number{n});
  std::string spec_value;
  encode_record(spec_value, spec());
  payload_builder payload;
  for (const auto project : neighbours)
    for (const std::uint64_t n : {1, 2})
      payload.put(key_maker(home, project).task(record_kind::spec, sequence{n}), spec_value);
  const log_entry entry{home, 1, 1, payload.take()};
  BOOST_REQUIRE(store->apply(std::span(&entry, 1)).ok());
  std::string kinds;
  for (const auto& [key, _] : records_of(*store, home))
    kinds += kind_of(key) == record_kind::spec ? 's' : 'p';
  BOOST_TEST(kinds == "ssppssppsspp");
}

BOOST_AUTO_TEST_CASE(is_told_by_a_checkpoint_in_its_place) {
  apply({creation()});
  const auto all = records_of(*store, shard_of(project_number{1}, store->shard_count()));
  BOOST_REQUIRE(all.size() == 3u);
  std::string expected;
  encode_record(expected, domain::progress_as_created(spec()));
  BOOST_TEST((kind_of(all[0].first) == record_kind::spec));
  BOOST_TEST((kind_of(all[1].first) == record_kind::progress));
  BOOST_TEST((task_of(all[1].first) == task));
  BOOST_TEST(all[1].second == expected);
  BOOST_TEST((kind_of(all[2].first) == record_kind::by_type));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
