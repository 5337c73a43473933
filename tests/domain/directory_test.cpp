// The directory of shard 0: names and numbers are given once, whatever a crash leaves (section 5).
#include "domain/directory.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/memory_records.hpp"

namespace taskdriver::domain {
namespace {

struct given_directory {
  static constexpr project_number home{0};

  void commit(const changes& what) { store.apply(home, what); }
  void restart() { directory_ = directory::load(store); }

  object_id given_creating(const std::string& name) {
    auto reserved = directory_.reserve(name, ++random);
    BOOST_REQUIRE(reserved.ok());
    commit(reserved->what);
    return reserved->entry.id;
  }
  object_id given_active(const std::string& name) {
    const auto id = given_creating(name);
    commit(directory_.activate(id.project()));
    return id;
  }
  bool taken(const std::string& name) {
    const auto reserved = directory_.reserve(name, ++random);
    return !reserved.ok() && reserved.error().code == errc::name_taken;
  }

  memory_records store;
  directory directory_ = directory::load(store);
  std::uint64_t random = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_directory, given_directory)

BOOST_AUTO_TEST_CASE(finds_active_projects_by_id_and_by_name) {
  const auto id = given_active("fleet");
  for (const auto& ref : {id.text(), std::string("fleet")}) {
    BOOST_REQUIRE(directory_.find(ref));
    BOOST_TEST((directory_.find(ref)->id == id));
  }
  const auto other = object_id::make(id.project(), sequence{0}, 4711).text();
  BOOST_TEST(!directory_.find(other));
  BOOST_TEST(!directory_.find("Fleet"));
}

BOOST_AUTO_TEST_CASE(gives_a_name_once_from_the_first_step_to_the_last) {
  const auto id = given_creating("fleet");
  BOOST_TEST(taken("fleet"));
  commit(directory_.activate(id.project()));
  BOOST_TEST(taken("fleet"));
  commit(directory_.begin_delete(id.project()));
  BOOST_TEST(taken("fleet"));
  commit(directory_.forget(id.project()));
  BOOST_TEST(!taken("fleet"));
}

BOOST_AUTO_TEST_CASE(never_gives_a_number_twice_not_even_after_a_restart) {
  const auto first = given_active("a");
  commit(directory_.begin_delete(first.project()));
  commit(directory_.forget(first.project()));
  restart();
  BOOST_TEST(raw(given_active("a").project()) == raw(first.project()) + 1);
}

BOOST_AUTO_TEST_CASE(shows_only_active_projects) {
  const auto creating = given_creating("creating");
  const auto deleting = given_active("deleting");
  commit(directory_.begin_delete(deleting.project()));
  const auto active = given_active("active");
  BOOST_TEST(!directory_.find("creating"));
  BOOST_TEST(!directory_.find("deleting"));
  BOOST_TEST((directory_.all() == std::vector{active.project()}));
  BOOST_TEST(directory_.list({}).total == 1u);
  BOOST_TEST(directory_.find(creating.project()));  // by number: for whoever finishes it
}

BOOST_AUTO_TEST_CASE(knows_after_a_restart_what_a_crash_left_unfinished) {
  const auto creating = given_creating("creating");
  const auto deleting = given_active("deleting");
  commit(directory_.begin_delete(deleting.project()));
  given_active("active");
  restart();
  const auto unfinished = directory_.unfinished();
  BOOST_REQUIRE(unfinished.size() == 2u);
  BOOST_TEST((unfinished[0].id == creating));
  BOOST_TEST((unfinished[0].state == directory_state::creating));
  BOOST_TEST((unfinished[1].id == deleting));
  BOOST_TEST((unfinished[1].state == directory_state::deleting));
  BOOST_TEST(taken("creating"));
  commit(directory_.activate(creating.project()));
  commit(directory_.forget(deleting.project()));
  restart();
  BOOST_TEST(directory_.unfinished().empty());
  BOOST_TEST(directory_.find("creating"));
}

BOOST_AUTO_TEST_CASE(says_nothing_when_nothing_changes) {
  const auto id = given_active("a");
  BOOST_TEST(directory_.set_status(id.project(), project_status::active).empty());
  BOOST_TEST(directory_.set_status(project_number{99}, project_status::closed).empty());
  BOOST_TEST(directory_.forget(project_number{99}).empty());
  BOOST_TEST(!directory_.set_status(id.project(), project_status::closed).empty());
}

BOOST_AUTO_TEST_CASE(refuses_when_all_numbers_are_used_up) {
  commit({put_next_project{0xffffffff}});
  restart();
  const auto reserved = directory_.reserve("a", 1);
  BOOST_REQUIRE(!reserved.ok());
  BOOST_TEST((reserved.error().code == errc::unavailable));
  BOOST_TEST(!directory_.find(project_number{0xffffffff}));
}

BOOST_AUTO_TEST_CASE(lists_in_creation_order_by_status_page_and_cursor) {
  std::vector<object_id> ids;
  for (const auto* name : {"e", "d", "c", "b", "a"}) ids.push_back(given_active(name));
  commit(directory_.set_status(ids[1].project(), project_status::closed));
  const auto page = directory_.list({.limit = 2, .offset = 1});
  BOOST_REQUIRE(page.entries.size() == 2u);
  BOOST_TEST((page.entries[0].id == ids[2]));
  BOOST_TEST((page.entries[1].id == ids[3]));
  BOOST_TEST(page.has_more);
  BOOST_TEST(page.total == 4u);
  const auto rest = directory_.list({.limit = 2, .after = ids[3].project()});
  BOOST_REQUIRE(rest.entries.size() == 1u);
  BOOST_TEST((rest.entries[0].id == ids[4]));
  BOOST_TEST(!rest.has_more);
  BOOST_TEST(directory_.list({.status = project_status::closed}).total == 1u);
  BOOST_TEST(directory_.list({.status = std::nullopt}).total == 5u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
