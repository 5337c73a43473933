// From changes through entries to records: what was changed is what is read.
#include "storage/record_reader.hpp"

#include <boost/test/unit_test.hpp>

#include "storage/changes_codec.hpp"
#include "storage/key_codec.hpp"
#include "tests/storage/samples.hpp"
#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {
namespace {

constexpr project_number project_7{7};

struct store_with_records : store_fixture {
  std::unique_ptr<node_store> store = open();
  record_reader records{*store};
  std::map<shard_id, std::uint64_t> last;

  void apply(const domain::changes& changes, project_number project = project_7) {
    const shard_id shard = home_shard(project, store->shard_count());
    const log_entry entry{shard, 1, ++last[shard],
                          encode_changes(changes, project, store->shard_count())};
    BOOST_REQUIRE(store->apply(std::span(&entry, 1)).ok());
  }
};

std::vector<std::uint64_t> numbers(const std::vector<sequence>& tasks) {
  std::vector<std::uint64_t> out;
  for (sequence task : tasks) out.push_back(raw(task));
  return out;
}

using list = std::vector<std::uint64_t>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(records_of_a_project, store_with_records)

BOOST_AUTO_TEST_CASE(are_read_as_they_were_changed) {
  apply(sample_changes());
  BOOST_TEST((records.load_project(project_7) == sample_project()));
  BOOST_TEST((records.load_counters(project_7) == sample_counters()));
  BOOST_TEST((records.load_activity(project_7).at(0) == sample_activity()));
  BOOST_TEST((records.load_types(project_7).at(0).record == sample_type()));
  BOOST_TEST(records.load_types(project_7).at(0).tasks == 9u);
  BOOST_TEST((*records.load_spec(project_7, sequence{42}) == sample_spec()));
  BOOST_TEST((*records.load_progress(project_7, sequence{42}) == sample_progress()));
  BOOST_TEST((records.load_attempts(project_7, sequence{42}).at(0) == sample_attempt()));
  BOOST_TEST((records.load_leases(project_7).at(0) == sample_lease()));
  BOOST_TEST((records.load_sessions(project_7).at(0) == sample_session()));
}

BOOST_AUTO_TEST_CASE(are_absent_before_they_were_written) {
  BOOST_TEST(!records.load_project(project_7));
  BOOST_TEST((records.load_counters(project_7) == domain::project_counters{}));
  BOOST_TEST(!records.load_spec(project_7, sequence{1}));
  BOOST_TEST(records.load_types(project_7).empty());
  BOOST_TEST(records.load_next_project() == 1u);
}

/// RocksDB aborts in the middle of this when the range becomes a tombstone in the memtable.
BOOST_AUTO_TEST_CASE(of_a_kind_go_with_one_range_however_many_they_are) {
  domain::changes attempts;
  for (std::uint64_t n = 1; n <= 1000; ++n)
    attempts.push_back(domain::put_attempt{sequence{42}, {.number = n}});
  for (int round = 0; round < 3; ++round) {
    apply(attempts);
    apply({domain::delete_task{sequence{42}}});
    BOOST_TEST(records.load_attempts(project_7, sequence{42}).empty());
  }
}

BOOST_AUTO_TEST_CASE(make_their_project_known_to_its_shard) {
  std::map<shard_id, std::vector<project_number>> made;
  for (std::uint32_t n = 1; n <= 20; ++n) {
    const project_number project{n};
    apply({domain::put_project{}, domain::put_counters{}, domain::index_queued{}}, project);
    made[shard_of(project, store->shard_count())].push_back(project);
  }
  apply({domain::put_next_project{21}, domain::put_directory_entry{}}, project_number{0});
  apply({domain::delete_project{}}, project_7);
  std::erase(made[shard_of(project_7, store->shard_count())], project_7);
  for (std::uint16_t n = 0; n < store->shard_count(); ++n)
    BOOST_TEST((records.projects_in(shard_id{n}) == made[shard_id{n}]));
}

BOOST_AUTO_TEST_CASE(of_a_type_tell_where_its_index_of_duplicates_ends) {
  const auto end = [this] { return records.load_types(project_7).front().duplicates_end; };
  apply(sample_changes());
  BOOST_TEST(!end());
  apply({domain::put_duplicates_end{sequence{2}, sequence{43}}});
  BOOST_TEST((end() == sequence{43}));
  apply({domain::put_duplicates_end{sequence{2}, std::nullopt}});
  BOOST_TEST(!end());
}

BOOST_AUTO_TEST_CASE(are_found_by_every_index) {
  apply(sample_changes());
  const std::vector<domain::task_index> indexes = {
      domain::by_creation{},          domain::by_lease{},
      domain::by_batch{"batch-2024"}, domain::by_agent{"agent-1"},
      domain::by_type{sequence{2}},   domain::by_finished{domain::task_status::completed}};
  for (const domain::task_index& index : indexes) {
    BOOST_TEST_CONTEXT("index " << index.index()) {
      BOOST_TEST(numbers(records.scan_tasks(project_7, index, sequence{0}, 10)) == list{42});
      BOOST_TEST(records.scan_tasks(project_7, index, sequence{42}, 10).empty());
      BOOST_TEST(records.scan_tasks(project_7, index, sequence{0}, 0).empty());
    }
  }
  const auto print = std::get<domain::index_duplicate>(sample_changes().back()).print;
  BOOST_TEST(numbers(records.scan_duplicates(project_7, sequence{2}, print, 5)) == list{42});
  BOOST_TEST(records.scan_duplicates(project_7, sequence{3}, print, 5).empty());
}

BOOST_AUTO_TEST_CASE(are_scanned_in_order_with_bounds_and_limit) {
  for (std::uint64_t n : {3, 1, 300, 2}) apply({domain::index_queued{{128, sequence{n}}}});
  apply({domain::index_queued{{7, sequence{500}}}});
  const auto all = records.scan_queue(project_7, {0, sequence{0}}, false, 10);
  BOOST_REQUIRE(all.size() == 5u);
  BOOST_TEST((all.front() == domain::queue_key{7, sequence{500}}));
  BOOST_TEST((all.back() == domain::queue_key{128, sequence{300}}));
  const auto after_2 = records.scan_queue(project_7, {128, sequence{2}}, true, 1);
  BOOST_REQUIRE(after_2.size() == 1u);
  BOOST_TEST((after_2[0] == domain::queue_key{128, sequence{3}}));
  BOOST_TEST(numbers(records.scan_tasks(project_7, domain::by_queue{}, sequence{1}, 2)) ==
             (list{2, 3}));
}

BOOST_AUTO_TEST_CASE(of_the_queue_are_never_looked_for_before_its_head) {
  apply({domain::index_queued{{128, sequence{5}}}, domain::index_queued{{128, sequence{9}}}});
  domain::project_counters counters;
  counters.queue_head = {128, sequence{6}};
  apply({domain::put_counters{counters}});
  BOOST_TEST(numbers(records.scan_tasks(project_7, domain::by_queue{}, sequence{0}, 9)) == list{9});
}

BOOST_AUTO_TEST_CASE(go_with_their_task_but_not_with_its_neighbours) {
  apply(sample_changes());
  domain::attempt second = sample_attempt();
  second.number = 2;
  apply({domain::put_attempt{sequence{42}, second}, domain::put_attempt{sequence{43}, second},
         domain::delete_task{sequence{42}}});
  BOOST_TEST(!records.load_spec(project_7, sequence{42}));
  BOOST_TEST(!records.load_progress(project_7, sequence{42}));
  BOOST_TEST(records.load_attempts(project_7, sequence{42}).empty());
  BOOST_TEST(records.load_attempts(project_7, sequence{43}).size() == 1u);
}

BOOST_AUTO_TEST_CASE(all_go_with_the_project_and_others_stay) {
  // Another project of the same shard, so that only the range tells them apart.
  project_number other{8};
  while (home_shard(other, 4) != home_shard(project_7, 4)) other = project_number{raw(other) + 1};
  apply(sample_changes());
  apply({domain::put_counters{sample_counters()}}, other);
  for (std::uint64_t n = 1; n <= 1000; ++n) apply({domain::index_queued{{128, sequence{n}}}});
  apply({domain::delete_project{}});
  BOOST_TEST(!records.load_project(project_7));
  BOOST_TEST(records.load_sessions(project_7).empty());
  BOOST_TEST(records.scan_queue(project_7, {0, sequence{0}}, false, 10).empty());
  BOOST_TEST((records.load_counters(other) == sample_counters()));
}

BOOST_AUTO_TEST_CASE(that_are_damaged_are_fatal) {
  payload_builder payload;
  key_maker keys(home_shard(project_7, 4), project_7);
  payload.put(keys.kind(record_kind::project), "\x01 not a project");
  const log_entry entry{home_shard(project_7, 4), 1, 1, payload.take()};
  BOOST_REQUIRE(store->apply(std::span(&entry, 1)).ok());
  BOOST_TEST(!records.load_project(project_7));
  BOOST_TEST(fatal_count() == 1u);
}

BOOST_AUTO_TEST_CASE(of_the_directory_are_in_shard_0) {
  apply({domain::put_directory_entry{sample_directory_entry()}, domain::put_next_project{8}},
        project_number{0});
  BOOST_TEST(last[shard_id{0}] == 1u);
  BOOST_REQUIRE(records.load_directory().size() == 1u);
  BOOST_TEST((records.load_directory()[0] == sample_directory_entry()));
  BOOST_TEST(records.load_next_project() == 8u);
  apply({domain::delete_directory_entry{project_7}}, project_number{0});
  BOOST_TEST(records.load_directory().empty());
}

BOOST_AUTO_TEST_CASE(of_a_task_deleted_in_the_batch_that_made_it_are_gone) {
  const shard_id shard = home_shard(project_7, 4);
  std::vector<log_entry> entries(2);
  entries[0] = {shard, 1, 1, encode_changes(sample_changes(), project_7, 4)};
  entries[1] = {shard, 1, 2, encode_changes({domain::delete_task{sequence{42}}}, project_7, 4)};
  BOOST_REQUIRE(store->apply(entries).ok());
  BOOST_TEST(records.load_attempts(project_7, sequence{42}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
