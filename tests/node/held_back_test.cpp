// A node of a cluster whose state is behind: proposals are held back, and refused when they are
// many.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <string>

#include "base/time.hpp"
#include "cluster/replica/replica.hpp"
#include "tests/node/local_cluster.hpp"

namespace taskdriver::testing {
namespace {

constexpr project_number project_1{1};
constexpr std::size_t mebibyte = std::size_t{1} << 20;

domain::changes named(const std::string& name) {
  return {domain::put_project{{.id = object_id::make(project_1, sequence{0}, 1), .name = name}}};
}

/// Keeps the applier from its work from ticket 1 on, as a stall of the store would.
class stalling_observer final : public cluster::stream_observer {
public:
  void committed(std::uint64_t ticket) override { committed_ticket = ticket; }
  void applied(std::uint64_t ticket) override {
    applied_ticket = ticket;
    if (ticket == 1) opened_.wait();
  }
  void lost(const error_info&) override {}
  void go_on() {
    if (!gone_on_.exchange(true)) gate_.set_value();
  }

  std::atomic<std::uint64_t> committed_ticket = 0;
  std::atomic<std::uint64_t> applied_ticket = ~std::uint64_t{0};

private:
  std::promise<void> gate_;
  std::shared_future<void> opened_ = gate_.get_future().share();
  std::atomic<bool> gone_on_ = false;
};

/// More is committed on the primary and not applied than may be.
struct a_stalled_primary : local_cluster {
  a_stalled_primary() {
    for (const auto* name : {"n1", "n2", "n3"}) start(name);
    BOOST_TEST_REQUIRE(eventually([&] { return in_sync(project_1).size() == 3u; }));
    primary = primary_of(project_1);
    BOOST_TEST_REQUIRE(primary != nullptr);
    stream = primary->replicas().open_stream(project_1, told);
    BOOST_TEST_REQUIRE(eventually([&] { return told->applied_ticket == 0u; }));
    propose(1, "stalls");
    BOOST_TEST_REQUIRE(eventually([&] { return told->applied_ticket == 1u; }));
    propose(2, std::string(2 * mebibyte, 'x'));
    BOOST_TEST_REQUIRE(eventually([&] { return told->committed_ticket == 2u; }));
  }
  ~a_stalled_primary() {
    told->go_on();
    stream.reset();
  }

  void propose(std::uint64_t ticket, const std::string& name) {
    BOOST_TEST_REQUIRE(stream->propose(ticket, named(name)).ok());
  }
  std::uint64_t last_in_log() const {
    return primary->store->position(shard_of(project_1, 2)).value().last_index;
  }
  /// Its lease is renewed by answers to what it sent from now on: so its loop, which takes
  /// proposals in each round, has gone through some.
  void let_it_work() {
    const auto until_ms = system_time().now().steady_ms + cluster::replica_settings{}.lease_ms;
    BOOST_TEST_REQUIRE(
        eventually([&] { return primary->replicas().may_answer(project_1, until_ms).ok(); }));
  }
  bool takes_writes() const { return primary->replicas().accepts_proposals().ok(); }

  std::shared_ptr<stalling_observer> told = std::make_shared<stalling_observer>();
  local_node* primary = nullptr;
  std::unique_ptr<cluster::proposal_stream> stream;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(proposals_to_a_stalled_primary, a_stalled_primary)

BOOST_AUTO_TEST_CASE(are_held_back_until_it_has_caught_up) {
  const auto before = last_in_log();
  propose(3, "held back");
  let_it_work();
  BOOST_TEST(last_in_log() == before);
  BOOST_TEST(told->committed_ticket == 2u);
  told->go_on();
  BOOST_TEST(eventually([&] { return told->applied_ticket == 3u; }));
}

BOOST_AUTO_TEST_CASE(are_refused_when_too_much_is_held_back_and_taken_again_afterwards) {
  std::uint64_t ticket = 2;
  while (ticket < 17) propose(++ticket, std::string(mebibyte, 'x'));
  BOOST_TEST(takes_writes());
  propose(++ticket, std::string(8 * mebibyte, 'x'));  // a large one counts 1 MiB
  let_it_work();
  BOOST_TEST(takes_writes());
  propose(++ticket, std::string(mebibyte, 'x'));
  let_it_work();
  BOOST_TEST(!takes_writes());
  told->go_on();
  BOOST_TEST(eventually([&] { return takes_writes(); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace taskdriver::testing
