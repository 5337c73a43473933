// What a run is told by its command line, and what each of its phases is to do.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tools/tdbench/endpoint.hpp"
#include "tools/tdbench/recorder.hpp"
#include "tools/tdbench/requests.hpp"

namespace taskdriver::bench {

/// Holds for the whole run.
struct settings {
  std::vector<endpoint> servers;  // at least one; agents are spread over them
  std::string admin_token;
  std::string api_key;     // for logins of a server that runs with --auth keys
  std::string duplicates;  // duplicateHandling of the type: allow, ignore, fail
  task_shape shape;
  std::size_t batch = 1000;  // tasks of one bulk request
  int projects = 1;
  int threads = 1;
  std::vector<pid_t> server_pids;
};

/// Which projects the workers of a phase work in.
enum class work_place {
  spread,    // each in one, over all of them
  but_last,  // the same, but the last one is left to others
  last,
  tour,  // each script in the next project, by the admin token: sessions are of one project
};

/// One stretch of load with its own agents and its own figures.
struct phase_plan {
  std::string name;
  /// What is counted: "cycles", "tasks", "claims".
  std::string unit = "cycles";
  /// What an agent does over and over.
  std::vector<measure> script;
  int workers = 64;
  /// Scripts begun per second, in all; 0 = closed loop: each agent goes on as fast as it can.
  double rate = 0;
  double warmup_s = 0;
  double seconds = 10;
  /// Ends the phase when so many tasks have been asked for; 0 = no limit.
  std::uint64_t tasks_max = 0;
  work_place place = work_place::spread;
  /// The last project is deleted as the measurement begins.
  bool deletes_last = false;
  /// Further agents that do the same in a closed loop in a project of their own, the last one;
  /// they are not measured.
  int noise_workers = 0;
  /// An agent that finds the queue empty is done.
  bool ends_when_empty = false;
  /// Long-polls parked beside the workers, for how long each, and how long nothing else happens.
  int polls = 0;
  int wait_seconds = 60;
  double quiet_s = 0;
  /// Between the sending of the last poll and the reading of memory: polls have to arrive.
  double settle_s = 1;
};

}  // namespace taskdriver::bench
