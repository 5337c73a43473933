// Large bodies are read beside the io threads, and what waits for that is bounded.
#include "http/large_requests.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace taskdriver::http {
namespace {

struct counting_sink final : answer_sink {
  std::atomic<int> answered = 0;
  std::atomic<int> abandoned = 0;
  void deliver(answer a) override { ++(a.content ? answered : abandoned); }
};

request of_bytes(std::size_t bytes) {
  request r;
  r.body.assign(bytes, 'x');
  return r;
}

responder to(const std::shared_ptr<counting_sink>& sink) {
  auto exchanged = std::make_shared<exchange>();
  exchanged->sink = sink;
  return responder(std::move(exchanged));
}

BOOST_AUTO_TEST_SUITE(large_requests_thread)

BOOST_AUTO_TEST_CASE(only_large_ones_change_the_thread) {
  auto sink = std::make_shared<counting_sink>();
  std::promise<std::thread::id> small;
  std::promise<std::thread::id> large;
  large_requests reading([&](request&& r, responder out) {
    (r.body.size() < large_requests::large_bytes ? small : large)
        .set_value(std::this_thread::get_id());
    out.send({});
  });
  reading.take(of_bytes(large_requests::large_bytes - 1), to(sink));
  reading.take(of_bytes(large_requests::large_bytes), to(sink));
  BOOST_TEST((small.get_future().get() == std::this_thread::get_id()));
  BOOST_TEST((large.get_future().get() != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(they_are_read_in_order_and_small_ones_pass) {
  auto sink = std::make_shared<counting_sink>();
  std::mutex gate;
  std::vector<std::size_t> order;
  std::promise<void> done;
  {
    std::unique_lock hold(gate);
    large_requests reading([&](request&& r, responder out) {
      const auto bytes = r.body.size();
      if (bytes >= large_requests::large_bytes) {
        const std::lock_guard wait(gate);
        order.push_back(bytes);
      }
      out.send({});
      if (bytes == large_requests::large_bytes + 2) done.set_value();
    });
    for (std::size_t i = 0; i < 3; ++i)
      reading.take(of_bytes(large_requests::large_bytes + i), to(sink));
    reading.take(of_bytes(1), to(sink));
    BOOST_TEST(sink->answered == 1);
    hold.unlock();
    done.get_future().wait();
  }
  const std::vector<std::size_t> wanted = {large_requests::large_bytes,
                                           large_requests::large_bytes + 1,
                                           large_requests::large_bytes + 2};
  BOOST_TEST(order == wanted, boost::test_tools::per_element());
  BOOST_TEST(sink->answered == 4);
}

BOOST_AUTO_TEST_CASE(beyond_what_may_wait_the_caller_reads_and_all_are_answered) {
  auto sink = std::make_shared<counting_sink>();
  std::mutex gate;
  std::promise<void> begun;
  const auto here = std::this_thread::get_id();
  int read_here = 0;
  std::unique_lock hold(gate);
  {
    bool first = true;
    large_requests reading([&](request&&, responder out) {
      if (std::this_thread::get_id() == here) {
        ++read_here;
      } else {
        if (std::exchange(first, false)) begun.set_value();
        const std::lock_guard wait(gate);
      }
      out.send({});
    });
    reading.take(of_bytes(large_requests::large_bytes), to(sink));
    begun.get_future().wait();  // from now on nothing leaves the queue
    reading.take(of_bytes(large_requests::waiting_bytes_max), to(sink));
    BOOST_TEST(read_here == 0);
    reading.take(of_bytes(large_requests::large_bytes), to(sink));
    BOOST_TEST(read_here == 1);
    hold.unlock();
  }
  // The one that waited was read or, if the end came first, given up: answered in any case.
  BOOST_TEST(sink->answered + sink->abandoned == 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace taskdriver::http
