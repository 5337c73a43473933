// The directory of shard 0: which project has which name and number.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/changes.hpp"
#include "domain/commands.hpp"
#include "domain/record_source.hpp"

namespace taskdriver::domain {

/// A creation is entered here first, then in the project's shard; a deletion is marked here, done
/// there and then forgotten here. Whatever a crash leaves in between is finished by unfinished().
///
///   reserve --> creating --activate--> active --begin_delete--> deleting --forget--> gone
///                  \---------------forget (its project never came to be)-----------^
///
/// Every change is returned to be committed by the caller, and is already in memory.
/// Thread: one owner (directory_actor).
class directory {
public:
  static directory load(const record_source& source);

  struct reservation {
    directory_entry entry;
    changes what;
  };
  /// Fails: name_taken, unavailable when all numbers are used up.
  result<reservation> reserve(const std::string& name, std::uint64_t random);
  changes activate(project_number project);
  changes begin_delete(project_number project);
  changes forget(project_number project);
  /// Empty if nothing differs.
  changes set_status(project_number project, project_status status);

  const directory_entry* find(project_number project) const;
  /// By id or by name; only projects that are active here.
  const directory_entry* find(std::string_view ref) const;

  /// Entries that a crash left in creating or deleting.
  std::vector<directory_entry> unfinished() const;
  /// Numbers of active projects.
  std::vector<project_number> all() const;

  struct page {
    std::vector<directory_entry> entries;
    bool has_more = false;
    std::uint64_t total = 0;
  };
  page list(const list_projects& what) const;

private:
  changes put(directory_entry entry);

  std::uint32_t next_number_ = 1;
  std::map<project_number, directory_entry> by_number_;
  std::map<std::string, project_number, std::less<>> by_name_;
};

}  // namespace taskdriver::domain
