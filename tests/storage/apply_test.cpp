// Entries applied in one batch leave what they would leave one by one, whatever is left out. The
// seed is fixed.
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>

#include "storage/changes_codec.hpp"
#include "storage/key_codec.hpp"
#include "storage/state_scan.hpp"
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

/// All records of a shard.
std::vector<std::pair<std::string, std::string>> records_of(node_store& store, shard_id shard) {
  std::vector<std::pair<std::string, std::string>> all;
  for (state_scan scan(store.internals(), nullptr, shard); scan.valid(); scan.next())
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
  auto other = options();
  other.data_dir += "-2";
  auto in_batches = open(other);
  const auto shard_of_project = shard_of(domain::random_history::number, one_by_one->shard_count());
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

}  // namespace taskdriver::storage::testing
