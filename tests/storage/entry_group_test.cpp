// Groups of index entries: their bytes, and that nobody but `state` can tell. The seeds are fixed.
#include "storage/entry_group.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <set>

#include "base/text.hpp"
#include "storage/changes_codec.hpp"
#include "storage/checkpoint_scan.hpp"
#include "storage/entry_iterator.hpp"
#include "storage/key_codec.hpp"
#include "storage/record_codec.hpp"
#include "storage/record_reader.hpp"
#include "storage/shard_checkpoint.hpp"
#include "storage/shard_install.hpp"
#include "tests/storage/store_fixture.hpp"

namespace taskdriver::storage::testing {
namespace {

constexpr project_number project{1};
constexpr std::size_t project_bytes = 6;  // of a key
constexpr std::uint64_t tasks_max = 700;  // three groups, the first one without task 0

entry_group group_of_members(const std::set<unsigned>& members) {
  entry_group group;
  for (const unsigned n : members) group.add(static_cast<std::uint8_t>(n));
  return group;
}

std::set<unsigned> members_of(const entry_group& group) {
  std::set<unsigned> members;
  for (auto n = group.first_from(0); n; n = group.first_from(*n + 1u)) members.insert(*n);
  return members;
}

std::string encoded(const entry_group& group) {
  std::string value = "anything";
  group.encode(value);
  return value;
}

std::string version_and(std::string_view rest) {
  return "\x01" + std::string(rest);
}

/// Entries that are there. Those by type are no part of it, since one that is put says that its
/// task is created.
class index_model {
public:
  /// Adds an entry, or removes it if it is there: as the domain does, never anything else.
  domain::change toggle(unsigned kind, sequence task) {
    const bool add = !there_.contains({kind, task});
    if (add)
      there_.emplace(kind, task);
    else
      there_.erase({kind, task});
    return change(kind, task, add);
  }
  std::vector<sequence> of(unsigned kind) const {
    std::vector<sequence> tasks;
    for (const auto& [of, task] : there_)
      if (of == kind) tasks.push_back(task);
    return tasks;
  }
  void clear() { there_.clear(); }

  static constexpr unsigned kinds = 5;
  static domain::task_index index(unsigned kind) {
    switch (kind) {
      case 0:
        return domain::by_queue{};
      case 1:
        return domain::by_finished{domain::task_status::completed};
      case 2:
        return domain::by_finished{domain::task_status::failed};
      case 3:
        return domain::by_batch{"a batch"};
      default:
        return domain::by_batch{"a"};
    }
  }

private:
  static domain::change change(unsigned kind, sequence task, bool add) {
    switch (kind) {
      case 0:
        return domain::index_queued{{128, task}, add};
      case 1:
        return domain::index_finished{domain::task_status::completed, task, add};
      case 2:
        return domain::index_finished{domain::task_status::failed, task, add};
      case 3:
        return domain::index_batch{"a batch", task, add};
      default:
        return domain::index_batch{"a", task, add};
    }
  }
  std::set<std::pair<unsigned, sequence>> there_;
};

struct two_stores : store_fixture {
  std::unique_ptr<node_store> plain = open();
  std::unique_ptr<node_store> grouped = open_other();
  std::uint64_t index = 0;
  std::vector<log_entry> gathered;
  index_model expected;

  two_stores() { plain->internals().format.version = 1; }

  std::unique_ptr<node_store> open_other() { return open_beside("-2"); }
  std::unique_ptr<node_store> open_beside(const std::string& suffix) {
    auto other = options();
    other.data_dir += suffix;
    return open(other);
  }
  std::string stream_of(node_store& store) {
    auto opened = shard_checkpoint::open(store, home()).value();
    std::string stream;
    for (std::string chunk = opened->next().value(); !chunk.empty(); chunk = opened->next().value())
      stream += chunk;
    return stream;
  }
  void install(node_store& store, const std::string& stream) {
    auto begun = shard_install::begin(store, home());
    BOOST_REQUIRE(begun.ok());
    BOOST_REQUIRE((*begun)->take(stream).ok());
    BOOST_REQUIRE((*begun)->finish().ok());
    BOOST_REQUIRE((*begun)->install(false).ok());
  }
  shard_id home() const { return shard_of(project, plain->shard_count()); }
  void add(const domain::changes& what) {
    gathered.push_back({home(), 1, ++index, encode_changes(what, project, plain->shard_count())});
  }
  void apply() {
    BOOST_REQUIRE(plain->apply(gathered).ok());
    BOOST_REQUIRE(grouped->apply(gathered).ok());
    gathered.clear();
  }
  /// The same with a log in the store that has groups, as a checkpoint needs it.
  void write_and_apply() {
    recording_observer observer(grouped.get());
    BOOST_REQUIRE(plain->apply(gathered).ok());
    write(*grouped, observer, std::exchange(gathered, {}));
  }
  void toggle(unsigned kind, std::uint64_t task) { add({expected.toggle(kind, sequence{task})}); }

  static std::vector<std::pair<std::string, std::string>> records_of(node_store& store,
                                                                     shard_id shard) {
    std::vector<std::pair<std::string, std::string>> all;
    for (checkpoint_scan scan(store.internals(), nullptr, shard); scan.valid(); scan.next())
      all.emplace_back(scan.key(), scan.value());
    return all;
  }
  /// Records of a kind as they are stored.
  std::size_t stored(record_kind kind) const {
    key_maker keys(home(), project);
    const std::string begin(keys.kind(kind)), end = after_prefix(begin);
    const auto& internals = grouped->internals();
    const std::unique_ptr<rocksdb::Iterator> it(internals.db().NewIterator({}, internals.state));
    std::size_t count = 0;
    for (it->Seek(begin); it->Valid() && it->key().ToStringView() < end; it->Next()) ++count;
    return count;
  }
  std::string group_key(std::uint64_t task) const {
    return std::string(group_of(key_maker(home(), project).queue({128, sequence{task}})));
  }
  void store_group(std::uint64_t task, const std::string& value) {
    const auto& internals = grouped->internals();
    BOOST_REQUIRE(internals.db().Put({}, internals.state, group_key(task), value).ok());
  }
  void require_same() {
    BOOST_REQUIRE((records_of(*grouped, home()) == records_of(*plain, home())));
    const record_reader reader(*grouped);
    for (unsigned kind = 0; kind < index_model::kinds; ++kind) {
      const auto all = expected.of(kind);
      const auto index = index_model::index(kind);
      BOOST_TEST_INFO("index " << kind);
      BOOST_REQUIRE((reader.scan_tasks(project, index, sequence{0}, 10'000) == all));
      for (const std::uint64_t after : {1, 254, 255, 256, 257, 511, 600}) {
        std::vector<sequence> next;
        for (const auto task : all)
          if (raw(task) > after && next.size() < 5) next.push_back(task);
        BOOST_REQUIRE((reader.scan_tasks(project, index, sequence{after}, 5) == next));
      }
    }
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_group_of_entries)

BOOST_AUTO_TEST_CASE(has_what_was_added_and_not_removed) {
  entry_group group;
  BOOST_TEST(group.empty());
  for (const std::uint8_t n : {0, 63, 64, 255}) {
    group.add(n);
    BOOST_TEST(group.has(n));
    BOOST_TEST(!group.has(static_cast<std::uint8_t>(n ^ 1)));
  }
  BOOST_TEST((members_of(group) == std::set<unsigned>{0, 63, 64, 255}));
  BOOST_TEST((group.first_from(65) == 255));
  BOOST_TEST(!group.first_from(256));
  group.remove(63);
  group.remove(62);
  BOOST_TEST((members_of(group) == std::set<unsigned>{0, 64, 255}));
}

BOOST_AUTO_TEST_CASE(lists_a_few_members_and_has_a_bit_for_each_of_more) {
  BOOST_TEST(encoded(group_of_members({0})) == version_and(std::string_view("\0", 1)));
  BOOST_TEST(encoded(group_of_members({7, 64, 255})) == version_and("\x07\x40\xff"));
  std::set<unsigned> members;
  for (unsigned n = 0; n < 32; ++n) members.insert(n * 3);
  const std::string bits = encoded(group_of_members(members));
  BOOST_TEST(bits.size() == 33u);
  BOOST_TEST(bits.substr(0, 4) == version_and("\x49\x92\x24"));
  members.erase(0);
  BOOST_TEST(encoded(group_of_members(members)).size() == 32u);
}

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written) {
  std::mt19937 random(20261130);
  for (int round = 0; round < 300; ++round) {
    std::set<unsigned> members;
    for (unsigned n = 1 + random() % (round % 3 == 0 ? 256 : 40); n > 0; --n)
      members.insert(random() % 256);
    const auto group = entry_group::decode(encoded(group_of_members(members)));
    BOOST_REQUIRE(group);
    BOOST_REQUIRE((members_of(*group) == members));
  }
}

BOOST_AUTO_TEST_CASE(is_refused_if_malformed) {
  const std::string few_bits = version_and("\xff" + std::string(31, '\0'));
  for (const std::string& value :
       {std::string(), version_and(""), std::string("\x02\x01"), version_and("\x01\x01"),
        version_and("\x02\x01"), few_bits, version_and(std::string(33, '\xff'))})
    BOOST_TEST(!entry_group::decode(value), to_hex(value));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(groups_of_entries, two_stores)

BOOST_AUTO_TEST_CASE(take_one_record_for_256_neighbours) {
  for (std::uint64_t task = 1; task <= tasks_max; ++task) toggle(0, task);
  apply();
  require_same();
  BOOST_TEST(stored(record_kind::queue) == 3u);
  for (std::uint64_t task = 1; task <= 255; ++task) toggle(0, task);
  apply();
  require_same();
  BOOST_TEST(stored(record_kind::queue) == 2u);
}

BOOST_AUTO_TEST_CASE(leave_what_entries_of_their_own_would) {
  std::mt19937 random(20261201);
  // At first entries of their own, as an older version left them.
  grouped->internals().format.version = format_with_groups - 1;
  for (int batch = 0; batch < 240; ++batch) {
    if (batch == 60) grouped->internals().format.version = format_with_groups;
    for (unsigned entries = 1 + random() % 5; entries > 0; --entries) {
      domain::changes what;
      // Most of it about a few neighbours, so that one batch changes an entry more than once.
      const std::uint64_t near = 1 + random() % tasks_max;
      for (unsigned n = random() % 40; n > 0; --n) {
        const std::uint64_t task = n % 4 == 0 ? 1 + random() % tasks_max : near + random() % 3;
        what.push_back(expected.toggle(random() % index_model::kinds, sequence{task}));
      }
      if (random() % 50 == 0) {
        what.push_back(domain::delete_project{});
        expected.clear();
      }
      for (unsigned n = random() % 3; n > 0; --n)
        what.push_back(expected.toggle(random() % index_model::kinds, sequence{near}));
      add(what);
    }
    apply();
    require_same();
  }
}

BOOST_AUTO_TEST_CASE(lie_among_entries_of_an_older_version_until_those_are_deleted) {
  grouped->internals().format.version = format_with_groups - 1;
  for (const std::uint64_t task : {1, 3, 200}) toggle(0, task);
  apply();
  grouped->internals().format.version = format_with_groups;
  for (const std::uint64_t task : {2, 4, 5, 6, 201}) toggle(0, task);
  apply();
  require_same();
  BOOST_TEST(stored(record_kind::queue) == 4u);
  // Out and in again within one batch: from then on a member of the group.
  toggle(0, 3), toggle(0, 3);
  apply();
  require_same();
  BOOST_TEST(stored(record_kind::queue) == 3u);
  for (const std::uint64_t task : {1, 2, 3, 4, 5, 6, 200, 201}) toggle(0, task);
  apply();
  require_same();
  BOOST_TEST(stored(record_kind::queue) == 0u);
}

BOOST_AUTO_TEST_CASE(are_not_read_for_a_few_new_entries) {
  for (const std::uint64_t task : {1, 2, 3}) toggle(0, task);
  apply();
  BOOST_TEST(stored(record_kind::queue) == 3u);
  for (const std::uint64_t task : {4, 5, 6, 7}) toggle(0, task);
  apply();
  BOOST_TEST(stored(record_kind::queue) == 4u);
  toggle(0, 2), toggle(0, 8);  // the group is read to take 2 out
  apply();
  BOOST_TEST(stored(record_kind::queue) == 3u);
  require_same();
}

BOOST_AUTO_TEST_CASE(are_found_from_wherever_a_scan_begins) {
  std::mt19937 random(20261202);
  for (int round = 0; round < 40; ++round) {
    for (int n = 0; n < 60; ++n) {
      if (n == 55) grouped->internals().format.version = format_with_groups - 1;
      toggle(random() % index_model::kinds, 1 + random() % tasks_max);
    }
    apply();
    grouped->internals().format.version = format_with_groups;
  }
  const auto all = records_of(*plain, home());
  const auto& internals = grouped->internals();
  entry_iterator it(
      std::unique_ptr<rocksdb::Iterator>(internals.db().NewIterator({}, internals.state)));
  for (int round = 0; round < 2000; ++round) {
    std::string target = all[random() % all.size()].first;
    target.back() = static_cast<char>(random());
    if (random() % 3 == 0)
      target.resize(project_bytes + random() % (target.size() - project_bytes));
    if (random() % 3 == 0) target.push_back(static_cast<char>(random() % 2));
    auto expected_at = std::lower_bound(all.begin(), all.end(), std::pair(target, std::string()));
    it.seek(target);
    for (int n = 0; n < 3 && expected_at != all.end(); ++n, ++expected_at, it.next()) {
      BOOST_REQUIRE(it.valid());
      BOOST_REQUIRE(it.key() == expected_at->first);
      BOOST_REQUIRE(it.value() == expected_at->second);
      BOOST_REQUIRE(!it.doubled());
    }
  }
}

BOOST_AUTO_TEST_CASE(are_scanned_by_more_than_one_iterator) {
  // Long names, so that what is shown is more than one iterator's share.
  domain::changes what;
  for (std::uint64_t task = 1; task <= 40'000; ++task)
    what.push_back(domain::index_batch{std::string(255, 'b'), sequence{task}});
  add(what);
  apply();
  BOOST_TEST((records_of(*grouped, home()) == records_of(*plain, home())));
  BOOST_TEST(stored(record_kind::by_batch) == 157u);
}

BOOST_AUTO_TEST_CASE(are_the_same_after_a_crash) {
  for (std::uint64_t task = 1; task <= tasks_max; ++task) {
    toggle(0, task);
    if (task > 100) toggle(0, task - 100), toggle(1, task - 100);
  }
  write_and_apply();
  env.files->crash();
  grouped.reset();
  std::mt19937_64 random(20261203);
  env.files->lose_unsynced(taskdriver::testing::unsynced::lost, random);
  grouped = open_other();
  require_same();
  for (std::uint64_t task = 620; task <= 660; ++task) toggle(0, task), toggle(1, task);
  apply();
  require_same();
}

BOOST_AUTO_TEST_CASE(go_as_entries_and_become_groups_where_they_arrive) {
  for (std::uint64_t task = 1; task <= tasks_max; ++task) toggle(0, task), toggle(3, task);
  // An entry of another version in the midst of a group.
  payload_builder payload;
  payload.put(key_maker(home(), project).queue({128, sequence{300}}), "\x02");
  gathered.push_back({home(), 1, ++index, payload.take()});
  write_and_apply();
  const auto sent = records_of(*grouped, home());
  auto older = open_beside("-3");
  older->internals().format.version = format_with_groups - 1;
  install(*older, stream_of(*grouped));
  BOOST_TEST((records_of(*older, home()) == sent));
  auto newer = open_beside("-4");
  install(*newer, stream_of(*grouped));
  BOOST_TEST((records_of(*newer, home()) == sent));
  grouped = std::move(newer);
  BOOST_TEST(stored(record_kind::by_batch) == 3u);
  BOOST_TEST(stored(record_kind::queue) == 3u + 212u);  // what is behind that entry stays alone
  for (std::uint64_t task = 1; task <= tasks_max; ++task)
    toggle(0, task), toggle(1, task), toggle(3, task);
  apply();
  require_same();
}

BOOST_AUTO_TEST_CASE(are_no_part_of_entries_and_checkpoints) {
  const std::string value = version_and("\x07");
  payload_builder payload;
  payload.put(group_key(7), value);
  const log_entry entry{home(), 1, ++index, payload.take()};
  BOOST_TEST(!grouped->apply(std::span(&entry, 1)).ok());
  payload_builder range;
  range.erase_range(group_key(7), group_key(300));
  const log_entry other{home(), 1, index, range.take()};
  BOOST_TEST(!plain->apply(std::span(&other, 1)).ok());

  std::string stream;
  checkpoint_encoder encoder;
  checkpoint_encoder::header(stream, {.shard = home(), .shard_count = plain->shard_count()});
  encoder.record(stream, group_key(7), value);
  auto target = open_beside("-3");
  auto begun = shard_install::begin(*target, home());
  BOOST_REQUIRE(begun.ok());
  const auto taken = (*begun)->take(stream);
  BOOST_REQUIRE(!taken.ok());
  BOOST_TEST((taken.error().code == errc::validation));
}

BOOST_AUTO_TEST_CASE(give_way_to_an_entry_with_another_value) {
  for (const std::uint64_t task : {1, 2, 3, 4}) toggle(0, task);
  payload_builder payload;
  payload.put(key_maker(home(), project).queue({128, sequence{3}}), "\x02");
  gathered.push_back({home(), 1, ++index, payload.take()});
  apply();
  require_same();
  toggle(0, 3);
  apply();
  require_same();
}

BOOST_AUTO_TEST_CASE(that_are_damaged_end_the_node) {
  toggle(0, 5);
  write_and_apply();
  store_group(5, "\x01\x05\x05");
  BOOST_TEST(record_reader(*grouped).scan_queue(project, {}, false, 10).empty());
  BOOST_TEST(fatal_count() == 1u);
  BOOST_TEST(!shard_checkpoint::open(*grouped, home()).value()->next().ok());
  add({expected.toggle(0, sequence{5})});
  BOOST_TEST(!grouped->apply(gathered).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::storage::testing
