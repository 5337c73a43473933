// The lines of tdctl dump for every kind of record, against golden ones.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/inspect/small_store.hpp"
#include "tests/storage/samples.hpp"
#include "tools/inspect/directory_dump.hpp"

namespace taskdriver::inspect::testing {
namespace {

std::string golden(const std::string& name) {
  std::ifstream in(std::string(TASKDRIVER_GOLDEN_DIR) + "/dump_v1/" + name);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// With TASKDRIVER_SHOW_GOLDEN set, prints what would be golden.
void expect(const std::string& name, const std::string& text) {
  if (std::getenv("TASKDRIVER_SHOW_GOLDEN") != nullptr) {
    std::printf("--- %s\n%s", name.c_str(), text.c_str());
    return;
  }
  BOOST_TEST(text == golden(name));
}

/// Every kind of record once, in the state; some of them, and what is malformed, in the log.
struct dumped : small_store {
  dumped() {
    auto all = storage::testing::sample_changes();
    all.push_back(domain::put_duplicates_end{sequence{2}, sequence{43}});
    write_changes(project_7, all);
    write_changes(project_number{0},
                  {domain::put_directory_entry{storage::testing::sample_directory_entry()},
                   domain::put_next_project{8}});
    write_changes(project_7,
                  {domain::delete_task{sequence{42}}, domain::index_queued{{128, sequence{43}}},
                   domain::put_type_tasks{sequence{2}, 8}, domain::delete_project{}},
                  kept_in::log);
    storage::key_maker keys(home, project_7);
    storage::payload_builder odd;
    odd.put(keys.task(storage::record_kind::spec, sequence{44}), "\x02 newer");
    odd.put(keys.kind(storage::record_kind{20}), "what");
    write_entry(home, odd.take(), kept_in::log);
    write_entry(home, "\x01\x09", kept_in::log);
  }
  std::string dump(const dump_options& options) {
    auto opened = data_directory::open(data_dir());
    std::ostringstream out;
    const auto done = dump_directory(*opened, options, out);
    BOOST_TEST(done.ok(), (done ? "" : done.error().text));
    return out.str();
  }
  static std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_dump, dumped)

BOOST_AUTO_TEST_CASE(shows_every_kind_of_record) {
  expect("state.txt", dump({.log = false}));
}
BOOST_AUTO_TEST_CASE(shows_entries_with_their_operations) {
  expect("log.txt", dump({.state = false}));
}
BOOST_AUTO_TEST_CASE(is_a_json_object_a_line_if_asked) {
  expect("state.jsonl", dump({.log = false, .json = true}));
  expect("log.jsonl", dump({.state = false, .json = true}));
}
BOOST_AUTO_TEST_CASE(is_of_one_shard_or_project_if_asked) {
  const std::string directory = dump({.project = project_number{0}, .log = false});
  BOOST_TEST((directory.find("directory_entry entry=7") != std::string::npos));
  BOOST_TEST((directory.find("state 0 7 ") == std::string::npos));
  const shard_id other{static_cast<std::uint16_t>(raw(home) == 1 ? 2 : 1)};
  BOOST_TEST(dump({.shard = other}).find(" 7 ") == std::string::npos);
  BOOST_TEST(dump({.project = project_number{9}, .state = false}) == "");
}
BOOST_AUTO_TEST_CASE(ends_after_as_many_lines_as_were_asked_for) {
  BOOST_TEST(lines(dump({.log = false, .lines_max = 3})) == 3u);
}
BOOST_AUTO_TEST_CASE(has_no_lease_token_in_it) {
  const std::string token = "101112131415161718191a1b1c1d1e1f";
  BOOST_TEST((dump({}).find(token) == std::string::npos));
  BOOST_TEST((dump({.json = true}).find(token) == std::string::npos));
}
BOOST_AUTO_TEST_CASE(of_a_shard_that_does_not_exist_is_refused) {
  auto opened = data_directory::open(data_dir());
  std::ostringstream out;
  BOOST_TEST(
      (dump_directory(*opened, {.shard = shard_id{4}}, out).error().code == errc::validation));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::inspect::testing
