// What tdctl verify prints: a table and lines for people, or one JSON object.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "tools/inspect/replica_comparison.hpp"

namespace taskdriver::inspect {

/// A directory that could not be looked at, and why.
struct unopened_directory {
  std::string path;
  std::string why;
};

struct verify_report {
  std::vector<directory_report> directories;
  std::vector<unopened_directory> unopened;
  std::vector<shard_comparison> comparisons;  // empty for one directory

  /// Nothing is wrong. Copies that could not be compared are no damage.
  bool clean() const;
};

void print_text(const verify_report& report, std::ostream& out);
void print_json(const verify_report& report, std::ostream& out);

}  // namespace taskdriver::inspect
