// The 16 bytes by which duplicates of a task are found; equal tasks have equal ones, always.
#pragma once

#include "domain/records.hpp"

namespace taskdriver::domain {

/// Of the variables, or of the instructions where there are none (A13). Stored: never change it.
/// Not secure against chosen collisions: whoever finds a match compares the tasks themselves.
fingerprint fingerprint_of(const std::vector<variable>& variables, std::string_view instructions);

/// What the fingerprint stands for.
bool same_work(const task_spec& a, const task_spec& b);

}  // namespace taskdriver::domain
