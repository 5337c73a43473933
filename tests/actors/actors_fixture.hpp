// The actors of one node in one thread, on fake replicas and a clock that the test moves.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <string>

#include "actors/node_context.hpp"
#include "base/time.hpp"
#include "tests/actors/fake_replicas.hpp"
#include "tests/actors/recorded_request.hpp"

namespace taskdriver::actors {

/// Both clocks read the test scheduler's, each from a start of its own.
class virtual_time final : public time_source {
public:
  explicit virtual_time(caf::scheduler::test_coordinator& scheduler) : scheduler_(scheduler) {}
  instant now() const override;

private:
  caf::scheduler::test_coordinator& scheduler_;
};

/// Everything happens in run(), which the helpers call: after them all actors are at rest.
struct actors_fixture {
  actors_fixture();
  ~actors_fixture();

  void run();
  /// Moves the clock; every timer in between fires at its own time.
  void advance_ms(std::int64_t ms);
  void advance_s(std::int64_t s) { advance_ms(s * 1000); }

  /// Hands the request to the gateway and does not run: for requests that race with each other.
  asked send(credentials from, destination to, operation what);
  asked ask(credentials from, destination to, operation what);

  asked create_project(const std::string& name);
  asked list_projects(domain::list_projects what = {});
  asked login(const std::string& project_ref, const std::string& agent, std::uint8_t token);

  void commit_next();
  void commit_all();
  void apply_all();
  void lose(project_number project, errc why);
  void release_polls();
  /// All actors end without a word, as at the end of a process; start() starts new ones.
  void stop();
  void start();
  std::size_t actors_running();

  caf::actor_system_config config;
  caf::actor_system system;
  caf::scheduler::test_coordinator& scheduler;
  virtual_time time;
  fake_replicas replicas;
  statistics counts;
  lent_threads lent;
  project_doors doors{lent};
  node_context node;
  caf::actor gateway;
};

/// The token of the session that was made by login(…, token).
session_credentials session_of(project_number home, std::uint8_t token);

inline constexpr project_number directory_0{0};
inline constexpr project_number project_1{1};
inline constexpr project_number project_2{2};

/// Project number 1 with a task type whose leases last a minute.
struct one_project : actors_fixture {
  one_project();

  asked ask_1(domain::command what);
  asked send_1(domain::command what);
  asked create_task();
  asked next_task(const std::string& agent);
  /// A next-task that waits up to `wait_s` seconds.
  asked poll(const std::string& agent, int wait_s = 60);
  asked complete(const object_id& task, const std::string& agent);
  asked extend(const object_id& task, const std::string& agent, std::int64_t extension_ms);
  asked read(const object_id& task);
  /// Creates a task and gives it to the agent.
  domain::claim_view claimed_by(const std::string& agent);

  object_id project_id;
  object_id type_id;
};

/// The commands behind the helpers, for requests that are sent without running.
domain::next_task next_task_for(const std::string& agent, int wait_s = 0);

}  // namespace taskdriver::actors
