// Given: a project in memory, with clocks, a store and a commit that the test moves by hand.
#pragma once

#include <boost/test/unit_test.hpp>
#include <deque>
#include <string>
#include <utility>

#include "domain/decide.hpp"
#include "tests/support/memory_records.hpp"

namespace taskdriver::domain {

inline constexpr std::int64_t second_ms = 1000;
inline constexpr std::int64_t minute_ms = 60 * second_ms;
inline constexpr std::int64_t hour_ms = 60 * minute_ms;

/// An active project "fleet" with its defaults. After every decision that reached the store the
/// records are recounted (P9).
///
/// Thread: one. Owns: the store; `state` points into it, so a fixture is not copied.
struct given_project {
  static constexpr project_number number{7};

  given_project();
  given_project(const given_project&) = delete;
  given_project& operator=(const given_project&) = delete;

  /// Decides and hands the changes to the store, or to `held` while hold_back is set.
  decision run(const command& what, const caller& who);
  decision run(const command& what) { return run(what, admin); }
  decision run_expire();
  decision run_catch_up();
  /// Commits the oldest `count` decisions that were held back.
  void let_through(std::size_t count);
  /// Drops what was held back and loads the project anew, as a new primary does (P6).
  decision restart();

  /// The answer; the test fails if the command is refused.
  template <class View>
  View accepted(const command& what, const caller& who) {
    return std::get<View>(answer_of(run(what, who)));
  }
  template <class View>
  View accepted(const command& what) {
    return accepted<View>(what, admin);
  }
  /// The refusal; the test fails unless it left everything as it was.
  error_info refused(const command& what, const caller& who);
  error_info refused(const command& what) { return refused(what, admin); }

  object_id given_type(create_type what);
  object_id given_task(const object_id& type, const std::string& instructions);
  /// The next task for `agent`, with a lease token of its own; fails if there is none.
  claim_view claim(const std::string& agent);
  bool nothing_for(const std::string& agent);
  task_view task(const object_id& id) { return accepted<task_view>(get_task{id}); }
  task_status status_of(const object_id& id) { return task(id).progress->status; }
  lease_token fresh_token();

  /// Both clocks together, as in real life.
  void pass(std::int64_t ms);

  memory_records store;
  project_state state;
  instant now{.steady_ms = 5'000, .wall_ms = 1'700'000'000'000};
  caller admin{.admin = true, .with = {}, .home = {}};
  bool hold_back = false;
  std::deque<std::pair<std::uint64_t, changes>> held;

private:
  static reply answer_of(decision d);
  void commit(changes what);
  void apply(std::uint64_t ticket, const changes& what);

  std::uint64_t random_ = 0;
};

/// A project with one type "build": leases of 10 s, at most 2 retries, no template.
struct given_type_build : given_project {
  given_type_build() : build(given_type({.name = "build", .max_retries = 2, .lease_s = 10})) {}

  object_id given_task(const std::string& instructions) {
    return given_project::given_task(build, instructions);
  }

  object_id build;
};

/// The names of the fields that a 422 lists, in order.
std::vector<std::string> fields_of(const error_info& error);

using names = std::vector<std::string>;

}  // namespace taskdriver::domain
