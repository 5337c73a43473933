// The calls of a coordinator as a test wants them: it waits for the answer.
#pragma once

#include <future>
#include <string>

#include "cluster/coordinator/coordinator.hpp"

namespace taskdriver::testing {

/// Thread: the test's. A callback that never comes hangs the test until ctest ends it.
class blocking_register {
public:
  explicit blocking_register(cluster::coordinator& at) : at_(at) {}

  result<cluster::register_value> read(const std::string& key) {
    std::promise<result<cluster::register_value>> answer;
    at_.read(key, [&](auto found) { answer.set_value(std::move(found)); });
    return answer.get_future().get();
  }
  result<cluster::register_snapshot> list(const std::string& prefix) {
    std::promise<result<cluster::register_snapshot>> answer;
    at_.list(prefix, [&](auto found) { answer.set_value(std::move(found)); });
    return answer.get_future().get();
  }
  cluster::change_outcome change(const std::string& key, std::int64_t expected,
                                 const std::string& value) {
    std::promise<cluster::change_outcome> answer;
    at_.change(key, expected, value, [&](auto outcome) { answer.set_value(outcome); });
    return answer.get_future().get();
  }
  cluster::change_outcome remove(const std::string& key, std::int64_t expected) {
    std::promise<cluster::change_outcome> answer;
    at_.remove(key, expected, [&](auto outcome) { answer.set_value(outcome); });
    return answer.get_future().get();
  }

private:
  cluster::coordinator& at_;
};

}  // namespace taskdriver::testing
