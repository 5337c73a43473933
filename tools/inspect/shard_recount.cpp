// Finds the projects of a shard by seeking from one to the next.
#include "tools/inspect/shard_recount.hpp"

#include <limits>

#include "base/text.hpp"
#include "storage/created_progress.hpp"
#include "storage/key_codec.hpp"
#include "storage/record_codec.hpp"
#include "storage/rocksdb_errors.hpp"
#include "storage/state_checksum.hpp"

namespace taskdriver::inspect {
namespace {

using storage::record_kind;

constexpr std::size_t project_bytes = 6;  // shard u16, project u32

class shard_reader {
public:
  shard_reader(shard_view& view, std::vector<finding>& found)
      : view_(view), scans_(view), found_(found), where_(name_of(view.shard())) {}

  result<shard_contents> run() {
    const auto read = read_all();
    loose_.move_to(found_, where_);
    if (!read) return read.error();
    contents_.records = view_.records_read();
    return std::move(contents_);
  }

private:
  result<void> read_all() {
    view_scan& scan = scans_.other;
    const std::string end = storage::shard_range_end(view_.shard());
    for (std::string at = storage::shard_range_begin(view_.shard());;) {
      scan.seek(at, end);
      if (!scan.status().ok()) return storage::to_error(scan.status(), "reading records");
      if (!scan.valid()) return {};
      const std::string key(scan.key());
      const project_number project = storage::project_of(key);
      if (key.size() <= project_bytes) {
        loose_.add("key " + to_hex(key) + " is malformed");
        at = key + '\0';
        continue;
      }
      const auto read = raw(project) == 0 ? read_directory() : read_project(project);
      if (!read) return read;
      at = storage::after_prefix(key.substr(0, project_bytes));
    }
  }

  result<void> read_directory() {
    view_scan& scan = scans_.other;
    storage::key_maker keys(view_.shard(), project_number{0});
    const std::string begin(keys.project_start());
    for (scan.seek(begin, storage::after_prefix(begin)); scan.valid(); scan.next()) {
      const auto key = parse_state_key(scan.key());
      if (!key) {
        loose_.add("key " + to_hex(scan.key()) + " is of an unknown kind");
      } else if (key->kind == record_kind::next_project) {
        read_next_project(scan.value());
      } else {
        read_entry(key->entry, scan.value());
      }
    }
    if (!scan.status().ok()) return storage::to_error(scan.status(), "reading the directory");
    return {};
  }

  void read_next_project(std::string_view value) {
    const auto next = storage::decode_count(value);
    if (!next || *next > std::numeric_limits<std::uint32_t>::max())
      return loose_.add("the directory's next project number is malformed");
    contents_.directory.next_project = static_cast<std::uint32_t>(*next);
  }

  void read_entry(project_number number, std::string_view value) {
    const std::string name = "directory entry " + std::to_string(raw(number));
    auto entry = storage::decode_record<domain::directory_entry>(value);
    if (!entry) return loose_.add(name + " is malformed");
    loose_.expect(entry->id.project() == number, name + " has the id of another");
    contents_.directory.entries.emplace(number, std::move(*entry));
  }

  result<void> read_project(project_number project) {
    finding_list found;
    auto read = project_recount(view_, scans_, project, found).run();
    std::string where = where_ + ", project " + std::to_string(raw(project));
    if (read && !read->name.empty()) where += " (" + read->name + ")";
    const auto home = storage::home_shard(project, view_.store().format.shard_count);
    if (home != view_.shard()) found.add("belongs into " + name_of(home));
    found.move_to(found_, where);
    if (!read) return read.error();
    contents_.tasks += read->counted.total();
    contents_.projects.push_back(std::move(*read));
    return {};
  }

  shard_view& view_;
  project_scans scans_;
  std::vector<finding>& found_;
  const std::string where_;
  finding_list loose_;  // of no project
  shard_contents contents_;
};

/// One copy may have the progress record of a task that is as it was created, another one not.
result<bool> says_nothing(const shard_view& view, std::string_view key, std::string_view value) {
  if (storage::kind_of(key) != storage::record_kind::progress || !storage::is_blank(value))
    return false;
  const auto spec = view.get(storage::key_maker(view.shard(), storage::project_of(key))
                                 .task(storage::record_kind::spec, storage::task_of(key)));
  if (!spec) return spec.error();
  return *spec && storage::says_no_more(value, **spec);
}

}  // namespace

std::string name_of(shard_id shard) {
  return "shard " + std::to_string(raw(shard));
}

result<shard_contents> recount_shard(shard_view& view, std::vector<finding>& found) {
  return shard_reader(view, found).run();
}

result<std::uint64_t> checksum_of(shard_view& view) {
  storage::state_checksum sum;
  view_scan scan(view);
  for (scan.seek(storage::shard_range_begin(view.shard()), storage::shard_range_end(view.shard()));
       scan.valid(); scan.next()) {
    const auto needless = says_nothing(view, scan.key(), scan.value());
    if (!needless) return needless.error();
    if (!*needless) sum.add(scan.key(), scan.value());
  }
  if (!scan.status().ok()) return storage::to_error(scan.status(), "reading records");
  return sum.value();
}

void compare_directory(const directory_records& directory,
                       const std::vector<project_summary>& projects, finding_list& found) {
  std::map<project_number, const project_summary*> stored;
  std::map<std::string, project_number> names;
  for (const project_summary& project : projects) stored.emplace(project.number, &project);
  for (const auto& [number, entry] : directory.entries) {
    const std::string name = "project " + std::to_string(raw(number)) + " (" + entry.name + ")";
    const auto other = names.emplace(entry.name, number);
    found.expect(other.second,
                 name + " has the name of project " + std::to_string(raw(other.first->second)));
    found.expect(raw(number) < directory.next_project,
                 name + " has a number that will be given again");
    const auto project = stored.find(number);
    if (project == stored.end()) {
      // A creation or deletion that was under way is finished by the server.
      found.expect(entry.state != domain::directory_state::active, name + " is not there");
      continue;
    }
    found.expect(project->second->id == entry.id && project->second->name == entry.name,
                 name + " has another id or name in its own record");
  }
  for (const auto& [number, project] : stored)
    found.expect(directory.entries.contains(number), "project " + std::to_string(raw(number)) +
                                                         " (" + project->name +
                                                         ") is not in the directory");
}

}  // namespace taskdriver::inspect
