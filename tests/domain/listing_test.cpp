// Pages of tasks: filters, cursors, offsets and totals, against a plain scan of all tasks (A6).
#include "domain/task_listing.hpp"

#include "tests/domain/project_fixture.hpp"

namespace taskdriver::domain {
namespace {

using numbers = std::vector<std::uint64_t>;

/// Twelve tasks of two types and two batches, three in every state, in mixed order.
struct given_twelve_tasks : given_type_build {
  given_twelve_tasks() : other(given_type({.name = "other"})) {
    for (int i = 1; i <= 12; ++i)
      ids.push_back(accepted<created_task>(create_task{{.random = static_cast<std::uint64_t>(i),
                                                        .type_id = i % 2 == 0 ? other : build,
                                                        .instructions = "x",
                                                        .batch_id = i % 3 == 0 ? "third" : ""}})
                        .task.spec->id);
    for (int i = 1; i <= 9; ++i) claim("agent-" + std::to_string(i));
    for (const int i : {1, 5, 9})
      run(complete_task{.id = ids[i - 1], .agent = "agent-" + std::to_string(i)});
    for (const int i : {2, 4, 6})
      run(fail_task{.id = ids[i - 1], .agent = "agent-" + std::to_string(i), .can_retry = false});
  }

  task_page list(const list_tasks& what) {
    return list_page(store, accepted<project_view>(get_project{}), what);
  }
  static numbers of(const task_page& page) {
    numbers tasks;
    for (const auto& view : page.tasks) tasks.push_back(raw(view.spec->id.seq()));
    return tasks;
  }

  object_id other;
  std::vector<object_id> ids;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_list_of_tasks, given_twelve_tasks)

BOOST_AUTO_TEST_CASE(has_all_of_them_in_creation_order_without_a_filter) {
  const auto page = list({});
  BOOST_TEST(of(page) == (numbers{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  BOOST_TEST(!page.has_more);
  BOOST_TEST(page.total.value() == 12u);
}

BOOST_AUTO_TEST_CASE(filters_by_status_and_knows_the_total) {
  const std::pair<task_status, numbers> cases[] = {{task_status::queued, {10, 11, 12}},
                                                   {task_status::running, {3, 7, 8}},
                                                   {task_status::completed, {1, 5, 9}},
                                                   {task_status::failed, {2, 4, 6}}};
  for (const auto& [status, tasks] : cases) {
    const auto page = list({.status = status});
    BOOST_TEST(of(page) == tasks);
    BOOST_TEST(page.total.value() == 3u);
  }
}

BOOST_AUTO_TEST_CASE(filters_by_agent_batch_and_type) {
  BOOST_TEST(of(list({.assigned_to = "agent-5"})) == numbers{5});
  BOOST_TEST(of(list({.assigned_to = "nobody"})).empty());
  BOOST_TEST(of(list({.batch_id = "third"})) == (numbers{3, 6, 9, 12}));
  BOOST_TEST(of(list({.type_id = other})) == (numbers{2, 4, 6, 8, 10, 12}));
  BOOST_TEST(!list({.batch_id = "third"}).total);
}

BOOST_AUTO_TEST_CASE(filters_by_all_at_once) {
  const list_tasks what{.status = task_status::failed,
                        .assigned_to = "agent-6",
                        .batch_id = "third",
                        .type_id = other};
  BOOST_TEST(of(list(what)) == numbers{6});
  BOOST_TEST(of(list({.status = task_status::queued, .batch_id = "third"})) == numbers{12});
}

BOOST_AUTO_TEST_CASE(finds_nothing_for_the_type_of_another_id) {
  const auto wrong = object_id::make(number, other.seq(), 4711);
  BOOST_TEST(of(list({.status = task_status::failed, .type_id = wrong})).empty());
}

BOOST_AUTO_TEST_CASE(skips_an_offset_with_and_without_a_second_filter) {
  BOOST_TEST(of(list({.limit = 3, .offset = 4})) == (numbers{5, 6, 7}));
  BOOST_TEST(of(list({.status = task_status::failed, .offset = 1})) == (numbers{4, 6}));
  BOOST_TEST(of(list({.status = task_status::failed, .type_id = other, .offset = 2})) ==
             numbers{6});
  // Task 10 is queued too, but of the other type: it is not what the offset skips.
  BOOST_TEST(of(list({.status = task_status::queued, .type_id = build})) == numbers{11});
  BOOST_TEST(of(list({.status = task_status::queued, .type_id = build, .offset = 1})).empty());
  BOOST_TEST(of(list({.offset = 12})).empty());
}

BOOST_AUTO_TEST_CASE(has_more_exactly_when_there_is_more) {
  BOOST_TEST(list({.limit = 11}).has_more);
  BOOST_TEST(!list({.limit = 12}).has_more);
  BOOST_TEST(!list({.status = task_status::queued, .limit = 3}).has_more);
}

BOOST_AUTO_TEST_CASE(is_the_same_page_by_page_along_the_cursor) {
  for (const auto& filter :
       {list_tasks{}, list_tasks{.type_id = other}, list_tasks{.status = task_status::failed},
        list_tasks{.status = task_status::failed, .type_id = other}}) {
    const auto whole = of(list(filter));
    numbers paged;
    auto what = filter;
    what.limit = 2;
    for (bool more = true; more;) {
      const auto page = list(what);
      for (const auto task : of(page)) paged.push_back(task);
      more = page.has_more;
      what.after = page.last;
    }
    BOOST_TEST(paged == whole);
  }
}

BOOST_AUTO_TEST_CASE(shows_each_task_as_a_single_read_does) {
  run(fail_task{.id = ids[2], .agent = "agent-3", .error = "no"});
  for (const auto& view : list({}).tasks) {
    const auto single = task(view.spec->id);
    BOOST_TEST((*view.spec == *single.spec));
    BOOST_TEST((*view.progress == *single.progress));
    BOOST_TEST((view.earlier_attempts == single.earlier_attempts));
  }
}

BOOST_AUTO_TEST_CASE(ends_a_page_early_when_its_tasks_are_long) {
  for (int i = 0; i < 20; ++i) given_task(std::string(1 << 20, 'x'));
  const auto first = list({.limit = 1000});
  BOOST_TEST(first.has_more);
  const auto second = list({.limit = 1000, .after = first.last});
  BOOST_TEST(!second.has_more);
  BOOST_TEST(first.tasks.size() + second.tasks.size() == 32u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::domain
