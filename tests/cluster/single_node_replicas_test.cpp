// The streams of a node without a cluster: order, what a restart keeps, and who may propose.
#define BOOST_TEST_MODULE cluster
#include "cluster/single_node_replicas.hpp"
#include "tests/support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>

namespace taskdriver::cluster {
namespace {

constexpr project_number project_1{1};
constexpr project_number project_2{2};

/// Remembers what it is told and lets the test wait for a ticket; nothing here depends on time.
class recording_observer final : public stream_observer {
public:
  void committed(std::uint64_t ticket) override {
    const std::lock_guard lock(mutex_);
    committed_ = std::max(committed_, ticket);
    told_.notify_all();
  }
  void applied(std::uint64_t ticket) override {
    const std::lock_guard lock(mutex_);
    committed_ = std::max(committed_, ticket);
    tickets_.push_back(ticket);
    told_.notify_all();
  }
  void lost(const error_info&) override { BOOST_FAIL("nothing is lost here"); }

  void wait_for_commit(std::uint64_t ticket) {
    std::unique_lock lock(mutex_);
    told_.wait(lock, [&] { return committed_ >= ticket; });
  }
  /// Until it is applied; all that was told of that.
  std::vector<std::uint64_t> wait_for(std::uint64_t ticket) {
    std::unique_lock lock(mutex_);
    told_.wait(lock, [&] { return !tickets_.empty() && tickets_.back() >= ticket; });
    return tickets_;
  }

private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::uint64_t committed_ = 0;
  std::vector<std::uint64_t> tickets_;
};

struct one_node {
  one_node() { start(); }

  void start() {
    replicas.reset();
    store.reset();
    auto opened = storage::node_store::open({.data_dir = directory.path()});
    BOOST_REQUIRE(opened.ok());
    store = std::move(*opened);
    replicas = std::make_unique<single_node_replicas>(*store, storage::fsync_hook{});
  }
  static domain::changes named(project_number number, const std::string& name) {
    return {domain::put_project{{.id = object_id::make(number, sequence{0}, 1), .name = name}}};
  }
  std::string name_of(project_number number) {
    const auto found = replicas->records().load_project(number);
    return found ? found->name : "";
  }

  testing::temporary_directory directory;
  std::unique_ptr<storage::node_store> store;
  std::unique_ptr<single_node_replicas> replicas;
  std::shared_ptr<recording_observer> observer = std::make_shared<recording_observer>();
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_stream, one_node)

BOOST_AUTO_TEST_CASE(starts_with_ticket_0_and_then_tells_of_its_own_in_order) {
  auto stream = replicas->open_stream(project_1, observer);
  for (std::uint64_t ticket = 1; ticket <= 50; ++ticket)
    BOOST_REQUIRE(stream->propose(ticket, named(project_1, std::to_string(ticket))));
  const auto tickets = observer->wait_for(50);
  BOOST_TEST(tickets.front() == 0u);
  BOOST_TEST(std::is_sorted(tickets.begin(), tickets.end()));
}

BOOST_AUTO_TEST_CASE(has_applied_what_it_tells_of) {
  auto stream = replicas->open_stream(project_1, observer);
  BOOST_REQUIRE(stream->propose(1, named(project_1, "one")));
  observer->wait_for(1);
  BOOST_TEST(name_of(project_1) == "one");
}

BOOST_AUTO_TEST_CASE(tells_of_a_commit_that_a_restart_keeps_though_it_was_not_applied) {
  auto stream = replicas->open_stream(project_1, observer);
  BOOST_REQUIRE(stream->propose(1, named(project_1, "one")));
  observer->wait_for_commit(1);
  stream.reset();
  start();
  BOOST_TEST(name_of(project_1) == "one");
}

BOOST_AUTO_TEST_CASE(is_in_the_store_after_a_restart_which_begins_a_new_epoch) {
  auto stream = replicas->open_stream(project_1, observer);
  BOOST_REQUIRE(stream->propose(1, named(project_1, "one")));
  observer->wait_for(1);
  stream.reset();
  const auto shard = raw(shard_of(project_1, store->shard_count()));
  const auto before = store->recovered().shards[shard].seen_epoch;
  start();
  BOOST_TEST(name_of(project_1) == "one");
  BOOST_TEST(store->recovered().shards[shard].seen_epoch == before + 1);
}

BOOST_AUTO_TEST_CASE(can_propose_no_more_once_its_project_has_a_newer_one) {
  auto older = replicas->open_stream(project_1, observer);
  BOOST_REQUIRE(older->propose(1, named(project_1, "older")));
  auto newer_observer = std::make_shared<recording_observer>();
  auto newer = replicas->open_stream(project_1, newer_observer);
  BOOST_TEST(!older->propose(2, named(project_1, "too late")).ok());
  newer_observer->wait_for(0);
  BOOST_TEST(name_of(project_1) == "older");  // what was proposed before is settled by then
  BOOST_TEST(newer->propose(1, named(project_1, "newer")).ok());
  newer_observer->wait_for(1);
  BOOST_TEST(name_of(project_1) == "newer");
}

BOOST_AUTO_TEST_CASE(does_not_touch_the_streams_of_other_projects) {
  auto one = replicas->open_stream(project_1, observer);
  auto two = replicas->open_stream(project_2, std::make_shared<recording_observer>());
  BOOST_TEST(one->propose(1, named(project_1, "one")).ok());
  BOOST_TEST(two->propose(1, named(project_2, "two")).ok());
}

BOOST_AUTO_TEST_CASE(leaves_a_newer_one_alone_when_it_is_closed) {
  auto older = replicas->open_stream(project_1, observer);
  auto newer = replicas->open_stream(project_1, std::make_shared<recording_observer>());
  older.reset();
  BOOST_TEST(newer->propose(1, named(project_1, "newer")).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::cluster
