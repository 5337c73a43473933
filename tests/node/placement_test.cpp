// Where replicas go: what a plan is for nodes that come, go, drain and come back.
#include "cluster/node/placement.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace taskdriver::cluster {
namespace {

constexpr std::int64_t minute_ms = 60'000;

/// A register that does what is planned at once, as far as nodes are up.
struct planned_cluster {
  planned_cluster() { view.shards.resize(16); }

  void add(const node_name& name) { view.nodes[name] = {.store = ++stores, .up = true}; }
  void add_three() {
    for (const auto* name : {"n1", "n2", "n3"}) add(name);
  }
  void lose(const node_name& name, std::int64_t gone_ms) {
    view.nodes[name].up = false;
    view.nodes[name].gone_ms = gone_ms;
  }

  /// Plans once and carries it out. How many wishes there were.
  std::size_t plan_once() {
    const auto plan = plan_placement(view, settings);
    for (const auto& [shard, first] : plan.first) view.shards[raw(shard)].configuration = first;
    for (const auto& [shard, wanted] : plan.wishes) {
      auto& s = view.shards[raw(shard)];
      s.wanted = wanted;
      BOOST_TEST(std::is_sorted(wanted.replicas.begin(), wanted.replicas.end()));
    }
    most_moving = std::max(most_moving, moving());
    for (auto& s : view.shards) follow(s);
    return plan.first.size() + plan.wishes.size();
  }
  void settle() {
    for (int rounds = 0; plan_once() > 0; ++rounds) BOOST_TEST_REQUIRE(rounds < 200);
  }
  std::size_t moving() const {
    return static_cast<std::size_t>(
        std::count_if(view.shards.begin(), view.shards.end(), [&](const placeable_shard& s) {
          return std::any_of(
              s.wanted.replicas.begin(), s.wanted.replicas.end(),
              [&](const auto& n) { return view.nodes.at(n).up && !s.configuration.find(n); });
        }));
  }
  /// What a primary does about a wish.
  void follow(placeable_shard& s) {
    auto& c = s.configuration;
    for (const auto& n : s.wanted.replicas)
      if (view.nodes.contains(n) && view.nodes[n].up && !c.find(n))
        c.in_sync.push_back({n, view.nodes[n].store});
    std::erase_if(c.in_sync, [&](const member& m) {
      return std::find(s.wanted.replicas.begin(), s.wanted.replicas.end(), m.node) ==
             s.wanted.replicas.end();
    });
    std::sort(c.in_sync.begin(), c.in_sync.end());
    if (c.find(s.wanted.primary)) c.primary = s.wanted.primary;
    c.min_in_sync = std::max(c.min_in_sync, s.wanted.min_in_sync);
  }

  std::size_t replicas_on(const node_name& name) const {
    return static_cast<std::size_t>(
        std::count_if(view.shards.begin(), view.shards.end(), [&](const placeable_shard& s) {
          return std::count(s.wanted.replicas.begin(), s.wanted.replicas.end(), name) > 0;
        }));
  }
  std::size_t led_by(const node_name& name) const {
    return static_cast<std::size_t>(
        std::count_if(view.shards.begin(), view.shards.end(),
                      [&](const placeable_shard& s) { return s.wanted.primary == name; }));
  }

  std::uint64_t stores = 0;
  placement_view view;
  placement_settings settings;
  std::size_t most_moving = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(placement, planned_cluster)

BOOST_AUTO_TEST_CASE(founds_a_cluster_of_three_at_once_and_evenly) {
  add_three();
  const auto plan = plan_placement(view, settings);
  BOOST_TEST(plan.first.size() == 16u);
  for (const auto& [shard, first] : plan.first) {
    BOOST_TEST(first.epoch == 1u);
    BOOST_TEST(first.in_sync.size() == 3u);
    BOOST_TEST(first.min_in_sync == 2u);
    BOOST_TEST((first.find(first.primary) != nullptr));
  }
  settle();
  for (const auto* name : {"n1", "n2", "n3"}) {
    BOOST_TEST(replicas_on(name) == 16u);
    BOOST_TEST(led_by(name) >= 5u);
  }
}

BOOST_AUTO_TEST_CASE(waits_for_more_nodes_before_it_founds_a_smaller_cluster) {
  add("n1");
  BOOST_TEST(plan_placement(view, settings).first.empty());
  view.waited_ms = settings.founding_ms;
  const auto plan = plan_placement(view, settings);
  BOOST_TEST_REQUIRE(plan.first.size() == 16u);
  BOOST_TEST(plan.first[0].configuration.min_in_sync == 1u);
}

BOOST_AUTO_TEST_CASE(leaves_the_first_configurations_to_the_founder_if_there_is_one) {
  add_three();
  view.founded = true;
  const auto plan = plan_placement(view, settings);
  BOOST_TEST(plan.first.empty());
  BOOST_TEST(plan.wishes.empty());
}

BOOST_AUTO_TEST_CASE(wants_two_disks_for_a_write_once_there_are_three_nodes) {
  add("n1");
  view.waited_ms = settings.founding_ms;
  settle();
  add("n2");
  settle();
  BOOST_TEST(view.shards[0].wanted.min_in_sync == 1u);
  add("n3");
  settle();
  for (const auto& s : view.shards) {
    BOOST_TEST(s.wanted.replicas.size() == 3u);
    BOOST_TEST(s.configuration.min_in_sync == 2u);
  }
  BOOST_TEST(most_moving <= settings.moves_max);
}

BOOST_AUTO_TEST_CASE(wants_nothing_new_when_nothing_has_changed) {
  add_three();
  settle();
  BOOST_TEST(plan_once() == 0u);
}

BOOST_AUTO_TEST_CASE(does_nothing_about_a_node_that_is_away_for_a_short_time) {
  add_three();
  add("n4");
  settle();
  lose("n2", settings.replace_after_ms - 1);
  BOOST_TEST(plan_once() == 0u);
}

BOOST_AUTO_TEST_CASE(replaces_the_replicas_of_a_node_that_is_gone_for_long_a_few_at_a_time) {
  add_three();
  add("n4");
  settle();
  most_moving = 0;
  lose("n2", 10 * minute_ms);
  settle();
  BOOST_TEST(replicas_on("n2") == 0u);
  BOOST_TEST(led_by("n2") == 0u);
  for (const auto& s : view.shards) BOOST_TEST(s.wanted.replicas.size() == 3u);
  BOOST_TEST(most_moving <= settings.moves_max);
}

BOOST_AUTO_TEST_CASE(
    goes_down_to_two_replicas_when_two_nodes_are_left_and_never_below_min_in_sync) {
  add_three();
  settle();
  lose("n3", 10 * minute_ms);
  settle();
  for (const auto& s : view.shards) BOOST_TEST(s.wanted.replicas.size() == 2u);
  lose("n2", 10 * minute_ms);
  settle();
  for (const auto& s : view.shards) BOOST_TEST(s.wanted.replicas.size() == 2u);
}

BOOST_AUTO_TEST_CASE(gives_a_new_node_its_share_and_moves_no_more_than_that) {
  add_three();
  settle();
  const auto before = view.shards;
  add("n4");
  settle();
  BOOST_TEST(replicas_on("n4") == 12u);  // 48 replicas on four nodes
  std::size_t changed = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i].wanted.replicas != view.shards[i].wanted.replicas) ++changed;
  BOOST_TEST(changed == 12u);
  for (const auto* name : {"n1", "n2", "n3", "n4"}) BOOST_TEST(led_by(name) == 4u);
}

BOOST_AUTO_TEST_CASE(empties_a_node_that_drains) {
  add_three();
  add("n4");
  settle();
  view.nodes["n1"].draining = true;
  settle();
  BOOST_TEST(replicas_on("n1") == 0u);
  BOOST_TEST(led_by("n1") == 0u);
  for (const auto& s : view.shards) BOOST_TEST(s.wanted.replicas.size() == 3u);
}

BOOST_AUTO_TEST_CASE(leaves_a_shard_that_was_placed_by_hand_alone_until_its_node_is_gone) {
  add_three();
  add("n4");
  settle();
  auto& s = view.shards[0];
  s.wanted = {.replicas = {"n1", "n2", "n3"}, .primary = "n3", .min_in_sync = 2, .pinned = true};
  follow(s);
  settle();
  BOOST_TEST(s.wanted.primary == "n3");
  BOOST_TEST((s.wanted.replicas == std::vector<node_name>{"n1", "n2", "n3"}));
  lose("n3", 10 * minute_ms);
  settle();
  BOOST_TEST((s.wanted.replicas == std::vector<node_name>{"n1", "n2", "n4"}));
  BOOST_TEST(s.wanted.pinned);
}

BOOST_AUTO_TEST_CASE(keeps_more_or_fewer_replicas_where_that_was_chosen_by_hand) {
  add_three();
  add("n4");
  settle();
  auto& more = view.shards[0];
  more.wanted.replicas = {"n1", "n2", "n3", "n4"};
  auto& fewer = view.shards[1];
  fewer.wanted.replicas = {"n1", "n2"};
  for (auto* s : {&more, &fewer}) {
    s->wanted.primary = "n1";
    s->wanted.pinned = true;
    follow(*s);
  }
  settle();
  BOOST_TEST(more.wanted.replicas.size() == 4u);
  BOOST_TEST((fewer.wanted.replicas == std::vector<node_name>{"n1", "n2"}));
  view.nodes["n2"].draining = true;
  settle();
  BOOST_TEST(replicas_on("n2") == 0u);
  BOOST_TEST(fewer.wanted.replicas.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster
