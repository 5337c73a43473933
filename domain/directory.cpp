// Two maps in step; a name stays taken until its project's last record is gone.
#include "domain/directory.hpp"

#include <limits>

#include "base/check.hpp"

namespace taskdriver::domain {

directory directory::load(const record_source& source) {
  directory d;
  d.next_number_ = source.load_next_project();
  for (const auto& entry : source.load_directory()) {
    d.by_name_.emplace(entry.name, entry.id.project());
    d.by_number_.emplace(entry.id.project(), entry);
  }
  return d;
}

changes directory::put(directory_entry entry) {
  const auto number = entry.id.project();
  by_name_[entry.name] = number;
  by_number_[number] = entry;
  return {put_directory_entry{std::move(entry)}};
}

result<directory::reservation> directory::reserve(const std::string& name, std::uint64_t random) {
  if (by_name_.contains(name))
    return error_info{.code = errc::name_taken,
                      .text = "Project name '" + name + "' is already taken"};
  if (next_number_ == std::numeric_limits<std::uint32_t>::max())
    return error_info{.code = errc::unavailable, .text = "All project numbers are used up"};
  const project_number number{next_number_++};
  directory_entry entry{.id = object_id::make(number, sequence{0}, random),
                        .name = name,
                        .state = directory_state::creating};
  auto what = put(entry);
  what.push_back(put_next_project{next_number_});
  return reservation{std::move(entry), std::move(what)};
}

changes directory::activate(project_number project) {
  auto entry = by_number_.at(project);
  entry.state = directory_state::active;
  return put(std::move(entry));
}

changes directory::begin_delete(project_number project) {
  auto entry = by_number_.at(project);
  entry.state = directory_state::deleting;
  return put(std::move(entry));
}

changes directory::forget(project_number project) {
  const auto found = by_number_.find(project);
  if (found == by_number_.end()) return {};
  by_name_.erase(found->second.name);
  by_number_.erase(found);
  return {delete_directory_entry{project}};
}

changes directory::set_status(project_number project, project_status status) {
  const auto found = by_number_.find(project);
  if (found == by_number_.end() || found->second.status == status) return {};
  auto entry = found->second;
  entry.status = status;
  return put(std::move(entry));
}

const directory_entry* directory::find(project_number project) const {
  const auto found = by_number_.find(project);
  return found == by_number_.end() ? nullptr : &found->second;
}

const directory_entry* directory::find(std::string_view ref) const {
  const directory_entry* entry = nullptr;
  if (const auto id = object_id::parse(ref)) {
    entry = find(id->project());
    if (entry && entry->id != *id) entry = nullptr;
  }
  // A name may look like an id.
  if (const auto named = by_name_.find(ref); !entry && named != by_name_.end())
    entry = find(named->second);
  return entry && entry->state == directory_state::active ? entry : nullptr;
}

std::vector<directory_entry> directory::unfinished() const {
  std::vector<directory_entry> entries;
  for (const auto& [_, entry] : by_number_)
    if (entry.state != directory_state::active) entries.push_back(entry);
  return entries;
}

std::vector<project_number> directory::all() const {
  std::vector<project_number> numbers;
  for (const auto& [number, entry] : by_number_)
    if (entry.state == directory_state::active) numbers.push_back(number);
  return numbers;
}

directory::page directory::list(const list_projects& what) const {
  page p;
  std::size_t skipped = 0;
  for (const auto& [number, entry] : by_number_) {
    if (entry.state != directory_state::active) continue;
    if (what.status && entry.status != *what.status) continue;
    ++p.total;
    if (number <= what.after || skipped++ < what.offset) continue;
    if (p.entries.size() < what.limit)
      p.entries.push_back(entry);
    else
      p.has_more = true;
  }
  return p;
}

}  // namespace taskdriver::domain
