// The register against a real etcd: reads, compare-and-swap, lost answers, watches, presence.
#include "cluster/coordinator/etcd_coordinator.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/coordinator/blocking_register.hpp"
#include "tests/coordinator/etcd_server.hpp"
#include "tests/coordinator/recording_watch.hpp"
#include "tests/coordinator/tcp_proxy.hpp"

namespace taskdriver::testing {
namespace {

using cluster::change_outcome;
using cluster::etcd_coordinator;
using cluster::etcd_options;

/// One etcd for all cases: each has keys of its own.
etcd_server& shared_etcd() {
  static etcd_server etcd;
  return etcd;
}
struct etcd_of_all_cases {
  etcd_of_all_cases() { shared_etcd(); }
  // Its child must end before main() does: the log is gone then.
  ~etcd_of_all_cases() { shared_etcd().stop(); }
};

std::string new_prefix() {
  static int cases = 0;
  return "/case" + std::to_string(++cases) + "/";
}

std::unique_ptr<etcd_coordinator> connect(std::vector<std::string> endpoints,
                                          std::int64_t timeout_ms = 5000) {
  etcd_options options;
  options.endpoints = std::move(endpoints);
  options.timeout_ms = timeout_ms;
  return std::make_unique<etcd_coordinator>(options);
}

/// Hears a campaign.
class recording_candidate {
public:
  std::function<void(bool)> hear() {
    return [state = state_](bool owner) {
      const std::lock_guard lock(state->mutex);
      state->owner = owner;
      state->told.notify_all();
    };
  }
  bool wait(bool owner) {
    std::unique_lock lock(state_->mutex);
    return state_->told.wait_for(lock, patience, [&] { return state_->owner == owner; });
  }
  bool owner() const {
    const std::lock_guard lock(state_->mutex);
    return state_->owner;
  }

private:
  struct shared {
    std::mutex mutex;
    std::condition_variable told;
    bool owner = false;
  };
  std::shared_ptr<shared> state_ = std::make_shared<shared>();
};

struct on_etcd {
  etcd_server& etcd = shared_etcd();
  std::string prefix = new_prefix();
  std::string key = prefix + "k";
  std::unique_ptr<etcd_coordinator> a = connect({etcd.endpoint()});
  blocking_register reg{*a};

  std::shared_ptr<recording_watch> watch_prefix(etcd_coordinator& by) {
    auto watch = std::make_shared<recording_watch>();
    by.watch(prefix, watch);
    BOOST_TEST_REQUIRE(watch->wait([](const auto&) { return true; }));
    return watch;
  }
};

}  // namespace

BOOST_TEST_GLOBAL_FIXTURE(etcd_of_all_cases);
BOOST_FIXTURE_TEST_SUITE(etcd_register, on_etcd)

BOOST_AUTO_TEST_CASE(reads_what_was_changed_with_its_revision) {
  BOOST_TEST(reg.read(key)->revision == 0);
  const std::string value("bytes \0 \xff of any kind\n", 23);
  BOOST_TEST((reg.change(key, 0, value) == change_outcome::applied));
  const auto read = reg.read(key);
  BOOST_TEST_REQUIRE(read.ok());
  BOOST_TEST(read->value == value);
  BOOST_TEST(read->revision > 0);
  BOOST_TEST((reg.change(key, read->revision, "") == change_outcome::applied));
  BOOST_TEST(reg.read(key)->value == "");
  BOOST_TEST(reg.read(key)->revision > read->revision);
  BOOST_TEST(a->reachable());
}

BOOST_AUTO_TEST_CASE(refuses_a_change_of_another_revision_and_a_second_creation) {
  BOOST_TEST((reg.change(key, 0, "1") == change_outcome::applied));
  const auto first = reg.read(key)->revision;
  BOOST_TEST((reg.change(key, 0, "2") == change_outcome::conflict));
  BOOST_TEST((reg.change(key, first, "2") == change_outcome::applied));
  BOOST_TEST((reg.change(key, first, "3") == change_outcome::conflict));
  BOOST_TEST((reg.remove(key, first) == change_outcome::conflict));
  BOOST_TEST((reg.remove(key, reg.read(key)->revision) == change_outcome::applied));
  BOOST_TEST((reg.change(key, first, "3") == change_outcome::conflict));
  BOOST_TEST(reg.read(key)->revision == 0);
}

BOOST_AUTO_TEST_CASE(lets_one_of_two_nodes_win) {
  const auto b = connect({etcd.endpoint()});
  std::promise<change_outcome> from_a, from_b;
  a->change(key, 0, "a", [&](change_outcome outcome) { from_a.set_value(outcome); });
  b->change(key, 0, "b", [&](change_outcome outcome) { from_b.set_value(outcome); });
  const bool a_won = from_a.get_future().get() == change_outcome::applied;
  const bool b_won = from_b.get_future().get() == change_outcome::applied;
  BOOST_TEST(a_won != b_won);
  BOOST_TEST(reg.read(key)->value == (a_won ? "a" : "b"));
}

BOOST_AUTO_TEST_CASE(lists_the_keys_of_a_prefix_in_their_order) {
  for (const std::string name : {"b", "a", "c"})
    BOOST_TEST((reg.change(prefix + name, 0, name) == change_outcome::applied));
  const auto all = reg.list(prefix);
  BOOST_TEST_REQUIRE(all.ok());
  BOOST_TEST_REQUIRE(all->items.size() == 3u);
  BOOST_TEST(all->items[0].key == prefix + "a");
  BOOST_TEST(all->items[2].at.value == "c");
  BOOST_TEST(all->revision >= all->items[2].at.revision);
}

BOOST_AUTO_TEST_CASE(says_unknown_of_a_change_whose_answer_was_lost_and_that_was_applied) {
  tcp_proxy proxy(etcd.port());
  const auto through = connect({proxy.endpoint()}, 500);
  proxy.swallow_answers(true);
  BOOST_TEST((blocking_register(*through).change(key, 0, "1") == change_outcome::unknown));
  BOOST_TEST(reg.read(key)->value == "1");
  proxy.swallow_answers(false);
  BOOST_TEST((blocking_register(*through).change(key, 0, "1") == change_outcome::conflict));
}

BOOST_AUTO_TEST_CASE(says_unknown_and_sends_nothing_twice_when_the_connection_breaks) {
  tcp_proxy proxy(etcd.port());
  // The second endpoint works: a change that may have been sent must not go there.
  const auto through = connect({proxy.endpoint(), etcd.endpoint()});
  blocking_register reg_through(*through);
  BOOST_TEST(reg_through.read(key).ok());  // leaves a connection that is used again
  proxy.answer_by_itself("");
  BOOST_TEST((reg_through.change(key, 0, "1") == change_outcome::unknown));
  BOOST_TEST(reg.read(key)->revision == 0);
  BOOST_TEST((reg_through.change(key, 0, "2") == change_outcome::applied));
}

BOOST_AUTO_TEST_CASE(goes_on_with_another_endpoint_when_one_refuses_connections) {
  const std::string nobody = "http://127.0.0.1:" + std::to_string(free_port());
  const auto two = connect({nobody, etcd.endpoint()});
  BOOST_TEST((blocking_register(*two).change(key, 0, "1") == change_outcome::applied));
  BOOST_TEST(blocking_register(*two).read(key)->value == "1");
}

BOOST_AUTO_TEST_CASE(is_unavailable_without_an_endpoint_that_answers) {
  const auto alone = connect({"http://127.0.0.1:" + std::to_string(free_port())}, 300);
  const auto read = blocking_register(*alone).read(key);
  BOOST_TEST_REQUIRE(!read.ok());
  BOOST_TEST((read.error().code == errc::unavailable));
  BOOST_TEST((blocking_register(*alone).change(key, 0, "1") == change_outcome::unknown));
  BOOST_TEST(!alone->reachable());
}

BOOST_AUTO_TEST_CASE(survives_nonsense) {
  tcp_proxy proxy(etcd.port());
  // Reading much of it takes a while on a slow machine; what is never read to its end does not.
  const auto patient = connect({proxy.endpoint()}, 10'000);
  const auto hasty = connect({proxy.endpoint()}, 400);
  const std::string ok = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
  const std::string header = R"({"header":{"revision":"7"},)";
  for (const std::string& body :
       {std::string("no json"), std::string("[]"), std::string("{}"), std::string(100'000, '['),
        std::string(R"({"header":{"revision":"x"}})"), header + R"("kvs":7})",
        header + R"("kvs":[{"key":"?","mod_revision":"1"}]})", header + R"("kvs":[{"key":7}]})",
        header + R"("kvs":[{"key":"aw==","mod_revision":"1","value":"===="}],"succeeded":"yes"})",
        std::string(17 << 20, ' ')}) {
    proxy.answer_by_itself(ok + body);
    const auto read = blocking_register(*patient).read(key);
    BOOST_TEST_REQUIRE(!read.ok(), body.substr(0, 80));
    BOOST_TEST((read.error().code == errc::internal), body.substr(0, 80));
    // With a header and without "succeeded" it is how etcd refuses a change.
    const bool refusal = body.starts_with(header) && body.find("succeeded") == std::string::npos;
    BOOST_TEST((blocking_register(*patient).change(key, 0, "1") ==
                (refusal ? change_outcome::conflict : change_outcome::unknown)));
  }
  for (const std::string& answer :
       {std::string("SSH-2.0\r\n"), std::string("HTTP/1.1 999\r\n\r\n"),
        std::string("HTTP/1.1 500 Oh\r\n\r\nno"), std::string("\0", 1)}) {
    proxy.answer_by_itself(answer);
    BOOST_TEST(!blocking_register(*hasty).read(key).ok());
    BOOST_TEST((blocking_register(*hasty).change(key, 0, "1") == change_outcome::unknown));
  }
  BOOST_TEST(reg.read(key)->revision == 0);
}

BOOST_AUTO_TEST_CASE(answers_what_is_open_when_it_is_destroyed) {
  tcp_proxy proxy(etcd.port());
  auto through = connect({proxy.endpoint()}, 60'000);
  proxy.swallow_answers(true);
  std::promise<change_outcome> outcome;
  std::promise<bool> read;
  through->change(key, 0, "1", [&](change_outcome o) { outcome.set_value(o); });
  through->read(key, [&](const auto& found) { read.set_value(found.ok()); });
  through.reset();
  BOOST_TEST((outcome.get_future().get() == change_outcome::unknown));
  BOOST_TEST(!read.get_future().get());
}

BOOST_AUTO_TEST_CASE(watches_from_a_snapshot_on_every_change_in_order) {
  BOOST_TEST((reg.change(key, 0, "0") == change_outcome::applied));
  const auto watch = watch_prefix(*a);
  BOOST_TEST(watch->wait_value(key, "0"));
  std::vector<std::string> expected;
  for (int i = 1; i <= 20; ++i) {
    reg.change(key, reg.read(key)->revision, std::to_string(i));
    expected.push_back(key + "=" + std::to_string(i));
  }
  reg.remove(key, reg.read(key)->revision);
  expected.push_back(key + " gone");
  BOOST_TEST(watch->wait_gone(key));
  BOOST_TEST(watch->log() == expected);
  BOOST_TEST(watch->snapshots() == 1);
}

BOOST_AUTO_TEST_CASE(resumes_a_watch_without_a_gap_when_its_connection_is_cut) {
  tcp_proxy proxy(etcd.port());
  const auto through = connect({proxy.endpoint()});
  const auto watch = watch_prefix(*through);
  std::vector<std::string> expected;
  for (int i = 1; i <= 10; ++i) {
    if (i % 3 == 0) proxy.cut();
    reg.change(key, reg.read(key)->revision, std::to_string(i));
    expected.push_back(key + "=" + std::to_string(i));
  }
  BOOST_TEST(watch->wait_value(key, "10"));
  BOOST_TEST(watch->log() == expected);
  BOOST_TEST(watch->snapshots() == 1);
}

BOOST_AUTO_TEST_CASE(begins_a_watch_anew_when_its_past_was_compacted) {
  tcp_proxy proxy(etcd.port());
  const auto through = connect({proxy.endpoint()});
  const auto watch = watch_prefix(*through);
  proxy.answer_by_itself("");  // away from here on
  proxy.cut();
  BOOST_TEST((reg.change(key, 0, "1") == change_outcome::applied));
  BOOST_TEST((reg.change(key, reg.read(key)->revision, "2") == change_outcome::applied));
  etcd.compact();
  proxy.pass_on();
  BOOST_TEST(watch->wait_value(key, "2"));
  BOOST_TEST(watch->snapshots() == 2);
}

BOOST_AUTO_TEST_CASE(keeps_a_watch_and_its_announcement_over_a_restart_of_etcd) {
  const auto watch = watch_prefix(*a);
  a->announce(prefix + "live", "1", 5);
  BOOST_TEST(watch->wait_value(prefix + "live", "1"));
  etcd.stop();
  etcd.start();
  BOOST_TEST((reg.change(key, 0, "after") == change_outcome::applied));
  BOOST_TEST(watch->wait_value(key, "after"));
  a->announce(prefix + "live", "2", 5);
  BOOST_TEST(watch->wait_value(prefix + "live", "2"));
}

BOOST_AUTO_TEST_CASE(ends_a_watch_that_nobody_else_holds) {
  auto watch = watch_prefix(*a);
  const std::weak_ptr<recording_watch> left = watch;
  watch.reset();
  const auto other = watch_prefix(*a);
  reg.change(key, 0, "1");
  BOOST_TEST(other->wait_value(key, "1"));
  if (const auto still = left.lock()) BOOST_TEST(still->log().empty());
}

BOOST_AUTO_TEST_CASE(takes_an_announced_key_away_at_once_when_its_node_stops) {
  auto b = connect({etcd.endpoint()});
  const auto watch = watch_prefix(*a);
  b->announce(prefix + "b", "here", 60);
  BOOST_TEST(watch->wait_value(prefix + "b", "here"));
  b->announce(prefix + "b", "still here", 60);
  BOOST_TEST(watch->wait_value(prefix + "b", "still here"));
  b.reset();
  BOOST_TEST(watch->wait_gone(prefix + "b"));
}

BOOST_AUTO_TEST_CASE(takes_an_announced_key_away_after_its_time_when_its_node_vanishes) {
  tcp_proxy proxy(etcd.port());
  auto b = connect({proxy.endpoint()});
  const auto watch = watch_prefix(*a);
  b->announce(prefix + "b", "here", 2);
  BOOST_TEST(watch->wait_value(prefix + "b", "here"));
  proxy.answer_by_itself("");
  proxy.cut();
  BOOST_TEST(watch->wait_gone(prefix + "b"));
  proxy.pass_on();
  BOOST_TEST(watch->wait_value(prefix + "b", "here"));  // under a new lease
}

BOOST_AUTO_TEST_CASE(has_one_winner_of_a_campaign_and_another_when_it_vanishes) {
  tcp_proxy proxy(etcd.port());
  auto through = connect({proxy.endpoint()});
  recording_candidate first, second;
  through->campaign(key, "first", 2, first.hear());
  BOOST_TEST(first.wait(true));
  a->campaign(key, "second", 2, second.hear());
  BOOST_TEST(reg.read(key)->value == "first");
  BOOST_TEST(!second.owner());
  proxy.answer_by_itself("");
  proxy.cut();
  BOOST_TEST(first.wait(false));
  BOOST_TEST(second.wait(true));
  BOOST_TEST(reg.read(key)->value == "second");
  a.reset();
  BOOST_TEST(!second.owner());
  proxy.pass_on();
  BOOST_TEST(first.wait(true));
}

BOOST_AUTO_TEST_CASE(ends_a_campaign_whose_key_is_taken_away_and_wins_it_again) {
  recording_candidate candidate;
  a->campaign(key, "a", 10, candidate.hear());
  BOOST_TEST(candidate.wait(true));
  const auto before = reg.read(key)->revision;
  BOOST_TEST((reg.remove(key, before) == change_outcome::applied));
  const auto watch = watch_prefix(*a);
  BOOST_TEST(watch->wait_value(key, "a"));
  BOOST_TEST(candidate.wait(true));
  BOOST_TEST(reg.read(key)->revision > before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::testing
