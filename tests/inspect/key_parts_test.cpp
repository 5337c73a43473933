// Keys taken apart: all that key_maker makes, and nothing else.
#include <boost/test/unit_test.hpp>

#include "storage/log_codec.hpp"
#include "tools/inspect/key_parts.hpp"

namespace taskdriver::inspect::testing {
namespace {

using storage::record_kind;

std::vector<std::string> one_key_of_each_kind() {
  storage::key_maker keys(shard_id{3}, project_number{7});
  storage::key_maker directory(shard_id{0}, project_number{0});
  domain::fingerprint print{1, 2, 3};
  domain::token_hash token{4, 5, 6};
  const sequence task{sequence_max}, type{2};
  std::vector<std::string> all;
  const auto add = [&all](std::string_view key) { all.emplace_back(key); };
  add(storage::applied_key(shard_id{3}));
  add(keys.kind(record_kind::project));
  add(keys.kind(record_kind::counters));
  add(keys.activity(28401720));
  add(keys.type(record_kind::type, type));
  add(keys.type(record_kind::type_tasks, type));
  add(keys.task(record_kind::spec, task));
  add(keys.task(record_kind::progress, task));
  add(keys.attempt(task, 9));
  add(keys.queue({128, task}));
  add(keys.task(record_kind::lease, task));
  add(keys.finished(domain::task_status::failed, task));
  add(keys.named(record_kind::by_batch, "batch", task));
  add(keys.named(record_kind::by_agent, "agent", task));
  add(keys.of_type(type, task));
  add(keys.duplicate(type, print, task));
  add(keys.session(token));
  add(keys.type(record_kind::duplicates_end, type));
  add(directory.directory_entry(project_number{7}));
  add(directory.kind(record_kind::next_project));
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(keys_of_state)

BOOST_AUTO_TEST_CASE(are_read_as_they_were_made) {
  for (const std::string& key : one_key_of_each_kind()) {
    const auto parts = parse_state_key(key);
    BOOST_REQUIRE(parts.has_value());
    BOOST_TEST(static_cast<int>(parts->kind) == static_cast<int>(key[6]));
    BOOST_TEST(kind_name(parts->kind) != "unknown");
  }
  storage::key_maker keys(shard_id{3}, project_number{7});
  const auto parts = parse_state_key(keys.named(record_kind::by_agent, "a1", sequence{42}));
  BOOST_TEST((parts->shard == shard_id{3}));
  BOOST_TEST((parts->project == project_number{7}));
  BOOST_TEST((parts->task == sequence{42}));
}

BOOST_AUTO_TEST_CASE(that_are_cut_short_or_too_long_are_refused) {
  for (const std::string& key : one_key_of_each_kind()) {
    BOOST_TEST(!parse_state_key(key + '\0').has_value());
    for (std::size_t length = 0; length < key.size(); ++length)
      BOOST_TEST(!parse_state_key(key.substr(0, length)).has_value());
  }
}

BOOST_AUTO_TEST_CASE(of_unknown_kinds_or_in_the_wrong_place_are_refused) {
  storage::key_maker directory(shard_id{1}, project_number{0});
  BOOST_TEST(!parse_state_key(directory.kind(record_kind::next_project)).has_value());
  BOOST_TEST(!parse_state_key(directory.kind(record_kind::project)).has_value());
  storage::key_maker keys(shard_id{1}, project_number{7});
  BOOST_TEST(!parse_state_key(keys.kind(record_kind::applied)).has_value());
  BOOST_TEST(!parse_state_key(keys.kind(record_kind{200})).has_value());
  BOOST_TEST(!parse_state_key(keys.kind(record_kind::next_project)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::inspect::testing
