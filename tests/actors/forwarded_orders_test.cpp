// The directory of a cluster: projects that other nodes serve are made, deleted and listed from it.
#include <boost/test/unit_test.hpp>

#include "actors/local_messages.hpp"
#include "tests/actors/cluster_fixture.hpp"

namespace taskdriver::actors {

BOOST_FIXTURE_TEST_SUITE(the_directory, cluster_fixture)

BOOST_AUTO_TEST_CASE(creates_projects_on_other_nodes) {
  BOOST_TEST(create_project(c, "one").is<domain::project_view>());
  BOOST_TEST(create_project(b, "one").is(errc::name_taken));
}

BOOST_AUTO_TEST_CASE(deletes_them) {
  const auto id = create_project(c, "one").as<domain::project_view>().record.id;
  for (auto* node : {&c, &a}) {
    auto deleted = ask(*node, admin_credentials{}, to_project{id.project(), id},
                       domain::command{domain::remove_project{}});
    BOOST_TEST((node == &c ? deleted.is<domain::done_view>() : deleted.is(errc::not_found)));
  }
  BOOST_TEST(create_project(b, "one").is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(hears_of_their_status) {
  const auto id = create_project(c, "one").as<domain::project_view>().record.id;
  auto closed =
      ask(c, admin_credentials{}, to_project{id.project(), id},
          domain::command{domain::update_project{.status = domain::project_status::closed}});
  BOOST_TEST(closed.is<domain::project_view>());
  BOOST_TEST((records->load_directory().at(0).status == domain::project_status::closed));
}

BOOST_AUTO_TEST_CASE(hears_of_a_status_later_if_it_could_not_be_reached) {
  const auto id = create_project(c, "one").as<domain::project_view>().record.id;
  serve_nowhere(directory_0);
  auto closed =
      ask(b, admin_credentials{}, to_project{id.project(), id},
          domain::command{domain::update_project{.status = domain::project_status::closed}});
  BOOST_TEST(!closed.answered());
  serve(directory_0, c);
  advance_ms(500);
  BOOST_TEST(closed.is<domain::project_view>());
  BOOST_TEST((records->load_directory().at(0).status == domain::project_status::closed));
}

BOOST_AUTO_TEST_CASE(moves_in_the_middle_of_a_creation_which_is_finished) {
  b.replicas.hold();
  auto created = create_project(a, "one");
  BOOST_TEST(!created.answered());
  serve(directory_0, c);
  BOOST_TEST(!created.is<domain::project_view>());
  b.replicas.let_go();
  advance_s(15);
  BOOST_TEST(created.answered());
  BOOST_TEST((records->load_directory().at(0).state == domain::directory_state::active));
  BOOST_TEST(create_project(b, "one").is(errc::name_taken));
}

BOOST_AUTO_TEST_CASE(undoes_a_creation_only_when_no_order_can_be_on_its_way) {
  wires.cut("a", "b");
  run();
  auto created = create_project(a, "one");
  advance_s(6);
  BOOST_TEST(created.is(errc::outcome_unknown));
  wires.heal("a", "b");
  advance_s(3);
  BOOST_TEST(create_project(c, "one").is(errc::name_taken));
  advance_s(12);
  BOOST_TEST(records->load_directory().empty());
  BOOST_TEST(create_project(c, "one").is<domain::project_view>());
}

BOOST_AUTO_TEST_CASE(answers_a_list_that_it_could_not_finish_from_its_new_node) {
  create_project(a, "one");
  wires.hold("a", "b");
  auto list = ask(a, admin_credentials{}, to_directory{}, domain::list_projects{});
  BOOST_TEST(!list.answered());
  serve(directory_0, c);
  wires.release("a", "b");
  advance_s(1);
  BOOST_TEST(list.as<domain::project_page>().projects.size() == 1u);
}

BOOST_AUTO_TEST_CASE(gives_503_for_a_list_that_a_node_does_not_answer) {
  create_project(a, "one");
  wires.hold("a", "b");
  auto list = ask(a, admin_credentials{}, to_directory{}, domain::list_projects{});
  advance_s(12);
  BOOST_TEST(list.is(errc::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::actors
