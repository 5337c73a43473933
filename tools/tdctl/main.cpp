// tdctl: the operator's tool. Exit codes: 0 done and well, 1 failed or something is broken, 2 wrong
// usage.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "base/log.hpp"
#include "base/open_files.hpp"
#include "tools/tdctl/run.hpp"

namespace {

/// https://no-color.org
bool colours_wanted() {
  const char* no = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && !(no && *no) && terminal &&
         std::string_view(terminal) != "dumb";
}

}  // namespace

int main(int argc, char** argv) {
  taskdriver::raise_open_files_limit();
  taskdriver::tdctl::console terminal{.in = std::cin,
                                      .out = std::cout,
                                      .err = std::cerr,
                                      .asks = ::isatty(STDIN_FILENO) == 1,
                                      .colours = colours_wanted()};
  const int code = taskdriver::tdctl::run({argv + 1, argv + argc}, terminal);
  taskdriver::flush_log();
  return code;
}
