// The phases that make up each mode.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "tools/tdbench/fleet.hpp"
#include "tools/tdbench/options.hpp"

namespace taskdriver::bench {

/// What `chosen` asks for, in order.
std::vector<phase_plan> plan_phases(const options& chosen);

/// Runs the phases one after the other, up to an interrupt, and adds their results to `results`;
/// those of finished phases stay there if a later one fails.
result<void> run_phases(run_context& run, const std::vector<phase_plan>& plans,
                        std::vector<phase_result>& results);

}  // namespace taskdriver::bench
