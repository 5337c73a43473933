// From tdctl's arguments to a command's exit code.
#pragma once

#include <string>
#include <vector>

#include "tools/tdctl/console.hpp"

namespace taskdriver::tdctl {

/// `arguments` without the program's name. Help goes to `to.out`, complaints go to `to.err`.
int run(std::vector<std::string> arguments, console& to);

}  // namespace taskdriver::tdctl
