// What is wrong with a cluster, and what to do about it: from its view to sentences for people.
#pragma once

#include <string>
#include <vector>

#include "domain/cluster_view.hpp"

namespace taskdriver::domain {

enum class problem_severity {
  note,     // nothing to do, or at leisure
  warning,  // one more failure would hurt
  error,    // something does not work now
};

struct cluster_problem {
  problem_severity severity = problem_severity::note;
  std::string text;
  std::string advice;  // a command where there is one; may be empty
};

/// Worst first, one for each cause and not for each shard; empty when all is well. Pure.
std::vector<cluster_problem> problems_of(const cluster_view& cluster);

}  // namespace taskdriver::domain
