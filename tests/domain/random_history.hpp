// A random life of one project: commands, clocks, a store that is behind, and crashes.
#pragma once

#include <deque>
#include <functional>
#include <random>
#include <string>

#include "tests/domain/project_model.hpp"
#include "tests/support/memory_records.hpp"

namespace taskdriver::domain {

struct history_options {
  unsigned seed = 1;
  state_bounds bounds = {};
  /// Hears the changes of each decision as they are committed.
  std::function<void(const changes&)> on_commit = {};
};

/// Each step() does one thing at random and judges it by the model. Like a real primary, the
/// project runs ahead of the store; a crash loses what was not committed, and the model goes back
/// to how the project was then.
///
/// Thread: one. The same options give the same life.
class random_history {
public:
  static constexpr project_number number{3};

  explicit random_history(const history_options& options);
  random_history(const random_history&) = delete;
  random_history& operator=(const random_history&) = delete;

  /// What went wrong, "" if nothing did.
  std::string step();
  /// Commits everything and judges every record.
  std::string settle();

  const memory_records& store() const { return store_; }
  /// How much of each kind happened, so that a test can tell that it was not all refusals.
  const decision_counts& counts() const { return counts_; }
  std::uint32_t crashes() const { return crashes_; }
  /// Steps by which a type caught up, but for those in the decision that changed it.
  std::uint32_t catch_ups() const { return catch_ups_; }

private:
  static constexpr std::uint32_t retries_max = 2;
  static constexpr std::int64_t lease_ms = 10'000;

  struct uncommitted {
    std::uint64_t ticket = 0;
    changes what;
    project_model after;
  };

  std::size_t below(std::size_t n) { return random_() % n; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::string do_command(const command& what);
  std::string judge_expiry();
  void catch_up();
  std::string crash();
  void move_clocks();
  void hold(decision d);
  void store(const changes& what);
  void commit_oldest();

  object_id given_type(const std::string& name, duplicate_handling duplicates);
  command any_command();
  create_task any_creation();
  std::string any_instructions();
  object_id any_task();
  std::string any_agent(const object_id& task);
  lease_proof any_proof(const object_id& id);
  lease_token new_token();

  std::mt19937 random_;
  state_bounds bounds_;
  std::function<void(const changes&)> on_commit_;
  memory_records store_;
  project_state state_;
  instant now_{.steady_ms = 1'000'000, .wall_ms = 1'700'000'000'000};
  object_id plain_;
  object_id unique_;
  project_model model_;
  project_model committed_;
  std::deque<uncommitted> pending_;
  decision_counts counts_;
  std::uint32_t crashes_ = 0;
  std::uint32_t catch_ups_ = 0;
};

}  // namespace taskdriver::domain
